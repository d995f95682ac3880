import { labelVariables } from '../definition/environment.ts';
import { scalaDouble } from '../definition/rules.ts';
import type { Endpoint, PodApp, PodContainer } from './pod.ts';

/** Where and as what a container runs: the part of its environment that the definition cannot know. */
export type ContainerSituation = {
  /** Of the container. */
  readonly taskId: string;
  readonly executorId: string;
  readonly version: string;
  readonly hostname: string;
  /** Of all endpoints of the pod: every container sees them. */
  readonly endpoints: readonly PlacedEndpoint[];
  readonly enforceRole?: boolean;
};

/** An endpoint with the port that placement gave it, if it has one on the host. */
export type PlacedEndpoint = Pick<Endpoint, 'name'> & { readonly hostPort?: number; readonly containerPort?: number };

/**
 * The environment that Marathon gives to a container of a pod (its TaskGroupBuilder). Variables of the container go before those of the
 * pod; unlike an app's, neither go before the engine's.
 */
export const podEnvironmentOf = (
  { env, labels, id }: PodApp,
  container: PodContainer,
  situation: ContainerSituation,
): Readonly<Record<string, string>> => {
  const { cpus, mem, disk, gpus } = container.resources;
  return {
    ...texts(env),
    ...texts(container.environment),
    HOST: situation.hostname,
    MESOS_TASK_ID: situation.taskId,
    MESOS_EXECUTOR_ID: situation.executorId,
    MARATHON_APP_ID: id,
    MARATHON_APP_VERSION: situation.version,
    MARATHON_APP_ENFORCE_GROUP_ROLE: situation.enforceRole === true ? 'TRUE' : 'FALSE',
    MARATHON_CONTAINER_ID: container.name,
    MARATHON_CONTAINER_RESOURCE_CPUS: scalaDouble(cpus),
    MARATHON_CONTAINER_RESOURCE_MEM: scalaDouble(mem),
    MARATHON_CONTAINER_RESOURCE_DISK: scalaDouble(disk),
    MARATHON_CONTAINER_RESOURCE_GPUS: String(gpus),
    ...labelVariables({ ...labels, ...container.labels }),
    ...Object.fromEntries(situation.endpoints.flatMap(endpointVariables)),
  };
};

const texts = (env: PodApp['env']): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));

/** `ENDPOINT_` is where the process listens: on the host in host networking, else in the container. */
const endpointVariables = ({ name, hostPort, containerPort }: PlacedEndpoint): readonly (readonly [string, string])[] => {
  const suffix = name.toUpperCase().replace(/[^A-Z0-9_]+/g, '_');
  const variable = (prefix: string, port: number | undefined): readonly (readonly [string, string])[] =>
    port === undefined ? [] : [[`${prefix}_${suffix}`, String(port)]];
  return [...variable('ENDPOINT', containerPort ?? hostPort), ...variable('EP_HOST', hostPort), ...variable('EP_CONTAINER', containerPort)];
};
