import type { AppDefinition } from './definition.ts';
import { imageOf } from './definition.ts';
import { type DeclaredPort, declaredPorts } from './ports.ts';
import { scalaDouble } from './rules.ts';

/** Where and as what an instance runs: the part of its environment that the definition cannot know. */
export type Situation = {
  readonly taskId: string;
  readonly version: string;
  readonly hostname: string;
  /** One per declared port that wants a host port, in order. */
  readonly hostPorts: readonly number[];
  /** Whether the top-level group enforces its role. */
  readonly enforceRole?: boolean;
};

/** The environment that Marathon gives to a task (its TaskBuilder and EnvironmentHelper); the app's own variables win. */
export const environmentOf = (app: AppDefinition, situation: Situation): Readonly<Record<string, string>> => {
  const { resources, labels, ports, own } = sharedOf(app);
  return {
    MESOS_TASK_ID: situation.taskId,
    MARATHON_APP_ID: app.id,
    MARATHON_APP_VERSION: situation.version,
    ...resources,
    MARATHON_APP_ENFORCE_GROUP_ROLE: situation.enforceRole === true ? 'TRUE' : 'FALSE',
    ...labels,
    ...portVariables(ports, situation),
    HOST: situation.hostname,
    ...own,
  };
};

type Variables = Readonly<Record<string, string>>;
type Shared = {
  readonly resources: Variables;
  readonly labels: Variables;
  readonly ports: readonly DeclaredPort[];
  readonly own: Variables;
};

/** What all instances of a definition share is made once for it, while it is there. */
const known = new WeakMap<AppDefinition, Shared>();

const sharedOf = (app: AppDefinition): Shared => {
  let shared = known.get(app);
  if (shared === undefined) {
    const image = imageOf(app);
    shared = {
      resources: {
        ...(image === undefined ? {} : { MARATHON_APP_DOCKER_IMAGE: image }),
        MARATHON_APP_RESOURCE_CPUS: scalaDouble(app.cpus),
        MARATHON_APP_RESOURCE_MEM: scalaDouble(app.mem),
        MARATHON_APP_RESOURCE_DISK: scalaDouble(app.disk),
        MARATHON_APP_RESOURCE_GPUS: String(app.gpus),
      },
      labels: labelVariables(app.labels),
      ports: declaredPorts(app),
      own: Object.fromEntries(Object.entries(app.env).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []))),
    };
    known.set(app, shared);
  }
  return shared;
};

const LABEL_PREFIX = 'MARATHON_APP_LABEL_';
const LONGEST_VALUE = 512;

export const labelVariables = (labels: AppDefinition['labels']): Readonly<Record<string, string>> => {
  const short = Object.entries(labels).filter(
    ([key, value]) => key.length < LONGEST_VALUE - LABEL_PREFIX.length && value.length < LONGEST_VALUE,
  );
  const escaped = short.map(([key, value]) => [key.replace(/[^a-zA-Z0-9_]+/g, '_').toUpperCase(), value] as const);
  return {
    MARATHON_APP_LABELS: escaped.map(([key]) => key).join(' '),
    ...Object.fromEntries(escaped.map(([key, value]) => [LABEL_PREFIX + key, value])),
  };
};

const portVariables = (ports: readonly DeclaredPort[], situation: Situation): Readonly<Record<string, string>> => {
  if (ports.length === 0) return {};
  const effective = effectivePorts(ports, situation);
  const onHost = effective.filter((_, index) => ports[index]?.hostPort !== undefined);
  const inContainer = effective.filter((_, index) => ports[index]?.hostPort === undefined && requestedPort(ports[index]) === 0);
  const all = [...onHost, ...inContainer];
  const env: Record<string, string> = {};
  ports.forEach((port, index) => {
    const number = String(effective[index]);
    env[`PORT${index}`] = number;
    env[`PORT_${requestedPort(port) || number}`] = number;
  });
  ports.forEach(({ name }, index) => {
    if (name !== undefined) env[`PORT_${name.toUpperCase()}`] = String(effective[index]);
  });
  if (all[0] !== undefined) env.PORT = String(all[0]);
  env.PORTS = all.join(',');
  return env;
};

/** In host networking the service port is what was asked for. */
const requestedPort = (port: DeclaredPort | undefined): number => port?.containerPort ?? port?.servicePort ?? 0;

/** What each declared port is called in the environment: its host port, else its container port, else one picked for it. */
const effectivePorts = (ports: readonly DeclaredPort[], { hostPorts, taskId }: Situation): readonly number[] => {
  const taken = new Set([...ports.map(requestedPort), ...hostPorts]);
  let next = 0;
  return ports.map((port, index) => {
    if (port.hostPort !== undefined) return hostPorts[next++] ?? 0;
    if (requestedPort(port) !== 0) return requestedPort(port);
    const picked = pickPort(`${taskId}#${index}`, taken);
    taken.add(picked);
    return picked;
  });
};

const FIRST_UNPRIVILEGED = 1025;
const UNPRIVILEGED = 65_535 - FIRST_UNPRIVILEGED + 1;

/** Marathon throws dice here; the same task must see the same port at every start, so its id decides (FNV-1a). */
const pickPort = (seed: string, taken: ReadonlySet<number>): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < seed.length; index++) hash = Math.imul(hash ^ seed.charCodeAt(index), 0x01000193) >>> 0;
  let offset = hash % UNPRIVILEGED;
  while (taken.has(FIRST_UNPRIVILEGED + offset)) offset = (offset + 1) % UNPRIVILEGED;
  return FIRST_UNPRIVILEGED + offset;
};
