import { type Capability, featureOff } from '../definition/capabilities.ts';
import type { EnvValue } from '../definition/definition.ts';
import type { Violations } from '../definition/violations.ts';
import type { PodApp, PodContainer, PodVolume } from './pod.ts';

type Lacks = (capability: Capability) => boolean;

/** What a pod asks for and the engine has not yet is refused with the field's name, as for apps; nothing is accepted and then not done. */
export const obeyPodCapabilities = (definition: PodApp, present: ReadonlySet<Capability>, found: Violations): void => {
  const { env, secrets, networks, pod } = definition;
  const lacks: Lacks = (capability) => !present.has(capability);
  const images = pod.containers.filter(({ image }) => image !== undefined).length;
  if (Object.keys(secrets).length > 0 && lacks('secrets')) found.add('/secrets', featureOff('secrets'));
  obeyEnvironment(env, '/environment', lacks, found);
  for (const [index, volume] of pod.volumes.entries()) obeyVolume(volume, `/volumes(${index})`, lacks, found);
  for (const [index, container] of pod.containers.entries()) obeyContainer(container, `/containers(${index})`, lacks, found);
  const checked = pod.containers.flatMap(({ check }, index) => (check === undefined ? [] : [index]));
  for (const index of checked.slice(1))
    found.add(`/containers(${index})/check`, 'only one container of a pod may have a check; each may have a healthCheck');
  if (images > 0 && images < pod.containers.length)
    found.add('/containers', 'either all containers of a pod come as images or none: a node runs them by one runtime');
  if (images === 0 && networks.some(({ mode }) => mode !== 'host'))
    found.add('/networks', 'only host networking is possible without a container image');
  if (networks.length > 1 && lacks('several_networks')) found.add('/networks', 'more than one container network is not supported yet');
  if (pod.linuxInfo !== undefined && images === 0) found.add('/linuxInfo', 'linuxInfo needs a container image');
};

const obeyEnvironment = (environment: Readonly<Record<string, EnvValue>>, at: string, lacks: Lacks, found: Violations): void => {
  if (Object.values(environment).some((value) => typeof value !== 'string') && lacks('secrets'))
    found.add(at, 'use of secret-references in the environment requires the secrets feature to be enabled');
};

const obeyVolume = ({ host, persistent, secret }: PodVolume, at: string, lacks: Lacks, found: Violations): void => {
  if (secret !== undefined && lacks('secrets')) found.add(`${at}/secret`, featureOff('secrets'));
  if (persistent !== undefined && lacks('persistent_volumes')) found.add(`${at}/persistent`, 'persistent volumes are not supported yet');
  if (host !== undefined && !host.startsWith('/'))
    found.add(
      `${at}/host`,
      'must be an absolute path: there is no sandbox of an executor; a volume without host is shared by the containers',
    );
};

const obeyContainer = (container: PodContainer, at: string, lacks: Lacks, found: Violations): void => {
  const { image, environment, resources, resourceLimits, volumeMounts, linuxInfo, exec } = container;
  obeyEnvironment(environment, `${at}/environment`, lacks, found);
  if (image?.pullConfig !== undefined && lacks('secrets')) found.add(`${at}/image/pullConfig`, featureOff('secrets'));
  if (resources.gpus > 0 && image !== undefined && lacks('docker_gpus'))
    found.add(`${at}/resources/gpus`, 'gpus of a container image are not supported yet');
  if (resources.gpus > 0 && lacks('gpu_resources')) found.add(`${at}/resources/gpus`, featureOff('gpu_resources'));
  if (linuxInfo?.seccomp?.profileName !== undefined && lacks('seccomp_profiles'))
    found.add(`${at}/linuxInfo/seccomp/profileName`, 'named seccomp profiles are not supported yet');
  if (image !== undefined) return;
  if (exec === undefined) found.add(`${at}/exec`, 'a container without an image needs a command');
  if (resourceLimits !== undefined) found.add(`${at}/resourceLimits`, 'resourceLimits need a container image');
  if (linuxInfo !== undefined) found.add(`${at}/linuxInfo`, 'linuxInfo needs a container image');
  volumeMounts.forEach(({ mountPath, readOnly }, index) => {
    const mount = `${at}/volumeMounts(${index})`;
    // A link in the sandbox: it can neither stand elsewhere nor keep anybody from writing.
    if (mountPath.startsWith('/')) found.add(`${mount}/mountPath`, 'must be relative, to the sandbox, without a container image');
    if (readOnly === true) found.add(`${mount}/readOnly`, 'a volume can be read-only in a container image alone');
  });
};
