import { checkLimits, isUri } from '../definition/rules.ts';
import type { Violations } from '../definition/violations.ts';
import { checkEnvironment } from './environmentRules.ts';
import { moved } from './moved.ts';
import type { Endpoint, PodApp, PodCheck, PodCommand, PodContainer } from './pod.ts';

/** One container of a pod. @param at its path, such as `/containers(0)` */
export const checkContainerOf = (definition: PodApp, container: PodContainer, at: string, found: Violations): void => {
  const { pod } = definition;
  const { resources, resourceLimits, environment, volumeMounts, artifacts, linuxInfo, exec } = container;
  if (resourceLimits !== undefined) {
    checkLimits({ ...resources, resourceLimits }, moved(found, '/resourceLimits', `${at}/resourceLimits`));
    if (pod.legacySharedCgroups === true)
      found.add(`${at}/resourceLimits`, 'resourceLimits cannot be defined if legacySharedCgroups is enabled');
  }
  checkEnvironment(environment, `${at}/environment`, found);
  for (const [index, endpoint] of container.endpoints.entries()) checkEndpoint(definition, endpoint, `${at}/endpoints(${index})`, found);
  volumeMounts.forEach(({ name }, index) => {
    if (!pod.volumes.some((volume) => volume.name === name))
      found.add(`${at}/volumeMounts(${index})/name`, 'Referenced Volume in VolumeMount should exist');
  });
  artifacts.forEach(({ uri }, index) => {
    if (!isUri(uri)) found.add(`${at}/artifacts(${index})/uri`, 'URI has invalid syntax.');
  });
  if (exec !== undefined) checkCommand(exec.command, `${at}/exec/command`, found);
  if (container.healthCheck !== undefined) checkCheck(container, container.healthCheck, `${at}/healthCheck`, found);
  if (container.check !== undefined) checkCheck(container, container.check, `${at}/check`, found);
  const { seccomp, ipcInfo } = linuxInfo ?? {};
  if (ipcInfo?.mode === 'SHARE_PARENT' && ipcInfo.shmSize !== undefined)
    found.add(`${at}/linuxInfo/ipcInfo/shmSize`, 'is that of the pod when mode is SHARE_PARENT');
  if (seccomp?.profileName !== undefined && seccomp.unconfined)
    found.add(`${at}/linuxInfo/seccomp`, 'Seccomp unconfined can NOT be true when Profile is defined');
  if (seccomp !== undefined && seccomp.profileName === undefined && !seccomp.unconfined)
    found.add(`${at}/linuxInfo/seccomp`, 'Seccomp unconfined must be true when Profile is NOT defined');
};

const checkEndpoint = ({ networks }: PodApp, endpoint: Endpoint, at: string, found: Violations): void => {
  const { containerPort, hostPort, protocol, networkNames } = endpoint;
  const uses = (mode: string): boolean => networks.some((network) => network.mode === mode);
  const names = networks.flatMap(({ name }) => (name === undefined ? [] : [name]));
  networkNames.forEach((name, index) => {
    if (!names.includes(name)) found.add(`${at}/networkNames(${index})`, `is not one of (${names.join(',')})`);
  });
  if (uses('host') && containerPort !== undefined) found.add(`${at}/containerPort`, 'is not allowed when using host-mode networking');
  if (uses('container') && containerPort === undefined)
    found.add(`${at}/containerPort`, 'is required when using container-mode networking');
  // Nobody gives it a number: there is no host port that it could be the same as.
  if (containerPort === 0 && hostPort === undefined)
    found.add(`${at}/containerPort`, '0 stands for the host port, and this endpoint has none');
  if (new Set(protocol).size < protocol.length) found.add(`${at}/protocol`, 'Duplicate protocols within the same endpoint are not allowed');
  if (networks.filter(({ mode }) => mode === 'container').length > 1 && hostPort !== undefined && networkNames.length !== 1)
    found.add(at, 'networkNames must be a single item list when hostPort is specified and more than 1 container network is defined');
};

const checkCheck = ({ endpoints }: PodContainer, asked: PodCheck, at: string, found: Violations): void => {
  const { http, tcp, exec, timeoutSeconds, intervalSeconds } = asked;
  if ([http, tcp, exec].filter((each) => each !== undefined).length !== 1)
    found.add(at, 'Only one of http, tcp, or command may be specified');
  if (timeoutSeconds >= intervalSeconds) found.add(`${at}/timeoutSeconds`, `got ${timeoutSeconds}, expected less than ${intervalSeconds}`);
  for (const [kind, check] of [['http', http] as const, ['tcp', tcp] as const])
    if (check !== undefined && !endpoints.some(({ name }) => name === check.endpoint))
      found.add(`${at}/${kind}/endpoint`, 'contained in the container endpoints');
  if (exec !== undefined) checkCommand(exec.command, `${at}/exec/command`, found);
};

const checkCommand = (command: PodCommand, at: string, found: Violations): void => {
  const isEmpty = 'shell' in command ? command.shell === '' : command.argv.length === 0;
  if (isEmpty) found.add(`${at}/${'shell' in command ? 'shell' : 'argv'}`, 'must not be empty');
};
