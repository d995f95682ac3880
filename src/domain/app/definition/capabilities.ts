import type { AppDefinition } from './definition.ts';
import { DOCKER_PARAMETERS } from './dockerParameters.ts';
import { isVolumeName } from './mounts.ts';
import type { Violations } from './violations.ts';

/**
 * Parts of Marathon's definition that need more than the engine has yet. A definition that asks for one which is not there is
 * refused with the field's name: never accepted and then silently not honoured. The engine lists what it has; Marathon's feature
 * names and messages are kept where it had a feature flag for the same thing.
 */
export const CAPABILITIES = [
  'secrets',
  'external_volumes',
  'persistent_volumes',
  'gpu_resources',
  'docker_gpus',
  'seccomp_profiles',
  'native_volumes',
  'several_networks',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Native processes may count GPUs of a node; nothing else of the list is honoured yet. */
export const PRESENT_CAPABILITIES: ReadonlySet<Capability> = new Set(['gpu_resources']);

export const obeyCapabilities = (app: AppDefinition, present: ReadonlySet<Capability>, found: Violations): void => {
  const { container, env, secrets, gpus, residency, networks, resourceLimits, executor } = app;
  const image = container?.docker?.image;
  const lacks = (capability: Capability): boolean => !present.has(capability);
  if (Object.keys(secrets).length > 0 && lacks('secrets')) found.add('/secrets', featureOff('secrets'));
  if (Object.values(env).some((value) => typeof value !== 'string') && lacks('secrets'))
    found.add('/env', 'use of secret-references in the environment requires the secrets feature to be enabled');
  if (container?.docker?.pullConfig !== undefined && lacks('secrets')) found.add('/container/docker/pullConfig', featureOff('secrets'));
  container?.volumes.forEach((volume, index) => {
    const at = `/container/volumes(${index})`;
    if ('secret' in volume && lacks('secrets')) found.add(`${at}/secret`, featureOff('secrets'));
    if ('external' in volume && lacks('external_volumes')) found.add(`${at}/external`, featureOff('external_volumes'));
    if ('persistent' in volume && lacks('persistent_volumes')) found.add(`${at}/persistent`, 'persistent volumes are not supported yet');
    if ('hostPath' in volume && image === undefined && lacks('native_volumes')) found.add(at, 'host volumes need a container image');
    if ('hostPath' in volume && !volume.hostPath.startsWith('/') && !isVolumeName(volume.hostPath))
      found.add(`${at}/hostPath`, 'must be an absolute path or the name of a volume');
  });
  if (residency !== undefined && lacks('persistent_volumes')) found.add('/residency', 'residency is not supported yet');
  if (gpus > 0 && container?.type === 'DOCKER' && lacks('docker_gpus'))
    found.add('/', 'GPU resources only work with the Mesos containerizer');
  else if (gpus > 0 && image !== undefined && lacks('docker_gpus')) found.add('/gpus', 'gpus of a container image are not supported yet');
  if (gpus > 0 && lacks('gpu_resources')) found.add('/', featureOff('gpu_resources'));
  if (executor !== '' && executor !== '//cmd') found.add('/executor', 'custom executors are not supported');
  if (resourceLimits !== undefined && image === undefined) found.add('/resourceLimits', 'resourceLimits need a container image');
  container?.docker?.parameters.forEach(({ key }, index) => {
    if (!(DOCKER_PARAMETERS as readonly string[]).includes(key))
      found.add(`/container/docker/parameters(${index})/key`, `parameter '${key}' is not supported`);
  });
  if (networks.some(({ mode }) => mode !== 'host') && image === undefined)
    found.add('/networks', 'only host networking is possible without a container image');
  if (networks.length > 1 && lacks('several_networks')) found.add('/networks', 'more than one container network is not supported yet');
  obeyLinux(app, lacks, found);
};

const obeyLinux = ({ container }: AppDefinition, lacks: (capability: Capability) => boolean, found: Violations): void => {
  const linux = container?.linuxInfo;
  if (linux === undefined) return;
  if (container?.docker === undefined) found.add('/container/linuxInfo', 'linuxInfo needs a container image');
  if (linux.seccomp?.profileName !== undefined && lacks('seccomp_profiles'))
    found.add('/container/linuxInfo/seccomp/profileName', 'named seccomp profiles are not supported yet');
};

/** Marathon's own sentence, stray parenthesis included. */
export const featureOff = (feature: string): string => `Feature ${feature} is not enabled. Enable with --enable_features ${feature})`;
