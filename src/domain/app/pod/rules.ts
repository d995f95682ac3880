import type { Capability } from '../definition/capabilities.ts';
import { constraintError } from '../definition/constraintRules.ts';
import { checkNetworks } from '../definition/networkRules.ts';
import { checkId, checkRoles } from '../definition/rules.ts';
import type { Violations } from '../definition/violations.ts';
import { obeyPodCapabilities } from './capabilities.ts';
import { checkContainerOf } from './containerRules.ts';
import { checkEnvironment } from './environmentRules.ts';
import { moved } from './moved.ts';
import type { PodApp } from './pod.ts';
import { endpointsOf } from './whole.ts';

/**
 * What must hold of a whole pod beyond its shape, in the words of Marathon's validators (PodsValidation, 1.11), every violation collected.
 * @param roles the roles that a pod may have here; the first is the default.
 */
export const checkPodRules = (
  definition: PodApp,
  roles: readonly string[],
  capabilities: ReadonlySet<Capability>,
  found: Violations,
): void => {
  const { pod } = definition;
  checkId(definition.id, found);
  checkEnvironment(definition.env, '/environment', found);
  for (const [index, container] of pod.containers.entries()) checkContainerOf(definition, container, `/containers(${index})`, found);
  checkUnique(
    pod.containers.map(({ name }) => name),
    '/containers',
    'container names must be unique',
    found,
  );
  checkVolumes(definition, found);
  checkEndpoints(definition, found);
  checkNetworks(definition, found);
  definition.constraints.forEach((constraint, index) => {
    const error = constraintError(constraint);
    if (error !== undefined) found.add(`/scheduling/placement/constraints(${index})`, error);
  });
  checkRoles(definition, roles, moved(found, '/acceptedResourceRoles', '/scheduling/placement/acceptedResourceRoles'));
  checkUnreachable(definition, found);
  checkReadiness(definition, found);
  if (pod.linuxInfo?.seccomp !== undefined) found.add('/linuxInfo/seccomp', 'Seccomp configuration on executor level is not supported');
  obeyPodCapabilities(definition, capabilities, found);
};

const checkUnique = <T>(items: readonly T[], at: string, error: string, found: Violations): void => {
  if (new Set(items).size < items.length) found.add(at, error);
};

const checkVolumes = ({ pod: { containers, volumes } }: PodApp, found: Violations): void => {
  const mounted = new Set(containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name)));
  volumes.forEach(({ name }, index) => {
    if (!mounted.has(name)) found.add(`/volumes(${index})`, 'volume must be referenced by at least one container');
  });
  checkUnique(
    volumes.map(({ name }) => name),
    '/volumes',
    'volume names must be unique',
    found,
  );
};

const checkEndpoints = ({ pod }: PodApp, found: Violations): void => {
  const endpoints = endpointsOf(pod);
  const chosen = (port: number | undefined): readonly number[] => (port === undefined || port === 0 ? [] : [port]);
  checkUnique(
    endpoints.map(({ name }) => name),
    '/',
    'endpoint names must be unique across all containers',
    found,
  );
  checkUnique(
    endpoints.flatMap(({ containerPort }) => chosen(containerPort)),
    '/',
    'container ports must be unique across all containers',
    found,
  );
  checkUnique(
    endpoints.flatMap(({ hostPort }) => chosen(hostPort)),
    '/',
    'host ports must be unique across all containers',
    found,
  );
};

const checkUnreachable = ({ unreachableStrategy }: PodApp, found: Violations): void => {
  if (unreachableStrategy === 'disabled') return;
  const { inactiveAfterSeconds: inactive, expungeAfterSeconds: expunge } = unreachableStrategy;
  if (inactive > expunge)
    found.add(
      '/scheduling/unreachableStrategy',
      `inactiveAfterSeconds (${inactive}) must be less or equal to expungeAfterSeconds, which is ${expunge}`,
    );
};

/** The rules of an app's, with endpoints for ports. */
const checkReadiness = ({ readinessChecks, pod }: PodApp, found: Violations): void => {
  if (readinessChecks.length > 1) found.add('/readinessChecks', `got ${readinessChecks.length}, expected 1 or less`);
  readinessChecks.forEach(({ portName, timeoutSeconds, intervalSeconds }, index) => {
    const at = `/readinessChecks(${index})`;
    if (!endpointsOf(pod).some(({ name }) => name === portName))
      found.add(`${at}/portName`, `No endpoint is called ${portName}, in any container`);
    if (timeoutSeconds >= intervalSeconds)
      found.add(`${at}/timeoutSeconds`, `got ${timeoutSeconds}, expected less than ${intervalSeconds}`);
  });
};
