import type { AppConstraint } from '../definition/definition.ts';
import type { PodApp, PodContainer, PodImage } from './pod.ts';

type Json = Readonly<Record<string, unknown>>;

/** As Marathon answers a pod: defaults filled in, empty lists and maps left out; with its unknown fields back in their places. */
export const renderPod = (definition: PodApp): Json => {
  const { id, user, env, secrets, labels, role, instances, executorResources, dependencies, readinessChecks, pod, extras } = definition;
  const { priority, disruptionBudget } = definition;
  const { linuxInfo, legacySharedCgroups, volumes, containers } = pod;
  return {
    ...extras,
    id,
    ...given({ user, environment: env, secrets, labels }),
    containers: containers.map(renderContainer),
    ...given({ volumes }),
    networks: definition.networks.map(({ labels, ...network }) => ({ ...network, ...given({ labels }) })),
    scaling: { kind: 'fixed', instances },
    scheduling: renderScheduling(definition),
    executorResources,
    role,
    ...given({ linuxInfo, legacySharedCgroups, dependencies, readinessChecks, priority, disruptionBudget }),
  };
};

const renderContainer = ({ endpoints, image, ...container }: PodContainer): Json => {
  const { environment, volumeMounts, artifacts, labels, ...rest } = container;
  return {
    ...rest,
    ...given({ environment, volumeMounts, artifacts, labels }),
    ...given({
      endpoints: endpoints.map(({ protocol, labels: ofEndpoint, networkNames, ...endpoint }) => ({
        ...endpoint,
        ...given({ protocol, labels: ofEndpoint, networkNames }),
      })),
    }),
    ...(image === undefined ? {} : { image: renderImage(image) }),
  };
};

const renderImage = ({ labels, ...image }: PodImage): Json => ({ ...image, ...given({ labels }) });

const renderScheduling = (definition: PodApp): Json => {
  const { constraints, acceptedResourceRoles, upgradeStrategy, killSelection, unreachableStrategy } = definition;
  const roles = acceptedResourceRoles.length === 1 && acceptedResourceRoles[0] === '*' ? [] : acceptedResourceRoles;
  const placement = given({ constraints: constraints.map(renderConstraint), acceptedResourceRoles: roles });
  return {
    backoff: {
      backoff: definition.backoffSeconds,
      backoffFactor: definition.backoffFactor,
      maxLaunchDelay: definition.maxLaunchDelaySeconds,
    },
    upgrade: upgradeStrategy,
    ...given({ placement }),
    killSelection,
    unreachableStrategy,
  };
};

const renderConstraint = ([fieldName, operator, value]: AppConstraint): Json => ({
  fieldName,
  operator,
  ...(value === undefined ? {} : { value }),
});

/** The fields that say something: neither absent nor empty. */
const given = (fields: Json): Json => Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean =>
  value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
