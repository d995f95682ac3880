import type { Json } from '../../client.ts';
import { deploymentOf } from './deploy.ts';
import { environmentOf } from './environment.ts';
import { healthChecksOf } from './health.ts';
import type { Variables } from './interpolate.ts';
import { namesHost } from './mentions.ts';
import { PARAMETER_FIELDS, type Parameter, parametersOf } from './parameters.ts';
import { type Port, portsOf } from './ports.ts';
import type { Remarks } from './remarks.ts';
import { resourcesOf } from './resources.ts';
import { flagIn, pairsIn, secondsIn, textIn, textsIn, wordsIn } from './values.ts';
import { mountedIn, type Place } from './volumes.ts';

export type Surroundings = {
  readonly place: Place;
  readonly envFiles: ReadonlyMap<string, string | undefined>;
  readonly shell: Variables;
  /** Every service that is imported, by its name in the file: the id of its app. */
  readonly ids: ReadonlyMap<string, string>;
  /** A network of Docker that services join under their names. */
  readonly network?: string;
};

/** Fields that are carried, or refused with a reason of their own. */
const HANDLED = new Set([
  ...['image', 'build', 'command', 'entrypoint', 'environment', 'env_file', 'ports', 'expose', 'volumes', 'tmpfs', 'depends_on', 'links'],
  ...['healthcheck', 'deploy', 'scale', 'restart', 'labels', 'networks', 'network_mode', 'user', 'tty', 'privileged', 'stop_grace_period'],
  ...['logging', 'secrets', 'configs', 'profiles', 'extends', 'pull_policy', 'cpus', 'mem_limit', 'mem_reservation', 'volumes_from'],
  ...PARAMETER_FIELDS,
]);

const REASONS: Readonly<Record<string, string>> = {
  container_name: 'an instance has a name of its own, so that there can be several',
  stdin_open: 'nothing is attached to its input',
  platform: 'the platform is the node’s',
  annotations: 'there are labels only',
  attach: 'output is kept, see wharf logs',
  develop: 'it is for development',
  external_links: 'names of other containers are not made known to it',
  post_start: 'there are no hooks',
  pre_stop: 'there are no hooks',
  gpus: 'a container gets no GPU here',
};

/** One service as an app, its id and dependencies relative to the group of the project. */
export const appOf = (name: string, service: Json, around: Surroundings, found: Remarks): Json => {
  const at = `services.${name}`;
  for (const field of Object.keys(service))
    if (!HANDLED.has(field) && !field.startsWith('x-'))
      found.leave(`${at}.${field}`, REASONS[field] ?? 'there is nothing of the kind here');
  refuseWhole(service, at, found);
  const ports = portsOf(service, at, found);
  const mounted = mountedIn(service, at, around.place, found);
  const env = environmentOf(service, at, around.envFiles, around.shell, found);
  const healthChecks = healthChecksOf(service, at, found);
  const { args, entrypoint } = commandOf(service, at, found);
  const labels = { ...labelsOf(service.labels, `${at}.labels`, found), ...labelsOf(service.deploy?.labels, `${at}.deploy.labels`, found) };
  const mayOverlap = ports.every(({ hostPort }) => hostPort === 0) && mounted.volumes.every(({ mode }) => mode === 'RO');
  const grace = graceOf(service, at, found);
  const user = textIn(service.user);
  const networking = networkingOf(name, service, ports, around, found);
  mentionsOf(at, env, args, around, name, found);
  return {
    id: around.ids.get(name),
    ...resourcesOf(service, at, found),
    ...deploymentOf(service, at, mayOverlap, found),
    ...(args.length > 0 && { args }),
    ...(user !== undefined && { user }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(Object.keys(labels).length > 0 && { labels }),
    container: {
      type: 'DOCKER',
      docker: {
        image: textIn(service.image) ?? '',
        ...(service.pull_policy === 'always' && { forcePullImage: true }),
        ...(flagIn(service.privileged) === true && { privileged: true }),
        parameters: [...entrypoint, ...parametersOf(service, at, found), ...mounted.parameters, ...networking.parameters],
      },
      ...(mounted.volumes.length > 0 && { volumes: mounted.volumes }),
      ...(networking.portMappings !== undefined && { portMappings: networking.portMappings }),
    },
    networks: networking.networks,
    ...(networking.portDefinitions !== undefined && { portDefinitions: networking.portDefinitions, requirePorts: true }),
    ...(healthChecks.length > 0 && { healthChecks }),
    ...dependenciesOf(service, at, around, found),
    taskKillGracePeriodSeconds: grace,
    ...(flagIn(service.tty) === true && { tty: true }),
  };
};

const FLATTEN = "'docker compose config' writes the file out without it";

const refuseWhole = (service: Json, at: string, found: Remarks): void => {
  if (textIn(service.image) === undefined)
    found.refuse(
      service.build === undefined ? `${at}.image` : `${at}.build`,
      service.build === undefined ? 'is missing' : 'no images are built here: build it, push it to a registry, and name it with image',
    );
  else if (service.build !== undefined) found.note(`${at}.build`, 'no images are built here; the image is taken from its registry');
  if (service.extends !== undefined) found.refuse(`${at}.extends`, `is not followed; ${FLATTEN}`);
  for (const field of ['secrets', 'configs'] as const)
    (Array.isArray(service[field]) ? service[field] : []).forEach((each: Json, i: number) => {
      found.refuse(
        `${at}.${field}.${i}`,
        `${textIn(each) ?? textIn(each?.source)}: there are no ${field} here; give it as a file on the nodes, or in env`,
      );
    });
  if (service.volumes_from !== undefined) found.leave(`${at}.volumes_from`, 'an instance shares nothing with another; name the volumes');
  const pull = service.pull_policy;
  if (pull !== undefined && !['always', 'missing', 'if_not_present'].includes(pull))
    found.leave(`${at}.pull_policy`, 'an image is pulled where it is missing');
};

const commandOf = (
  service: Json,
  at: string,
  found: Remarks,
): { readonly args: readonly string[]; readonly entrypoint: readonly Parameter[] } => {
  const words = (field: 'command' | 'entrypoint'): readonly string[] | undefined => {
    const value = service[field];
    if (value === undefined || value === null) return undefined;
    const read = typeof value === 'string' ? wordsIn(value) : textsIn(value);
    if (read === undefined)
      found.refuse(`${at}.${field}`, typeof value === 'string' ? 'a quote is left open' : 'must be a text or a list of texts');
    return read ?? [];
  };
  const [entrypoint, command = []] = [words('entrypoint'), words('command')];
  if (entrypoint === undefined) return { args: command, entrypoint: [] };
  const [first = '', ...rest] = entrypoint;
  return { args: [...rest, ...command], entrypoint: [{ key: 'entrypoint', value: first }] };
};

const labelsOf = (value: unknown, path: string, found: Remarks): Readonly<Record<string, string>> => {
  if (value === undefined || value === null) return {};
  const pairs = pairsIn(value);
  if (pairs === undefined) found.refuse(path, 'must be a map or a list');
  return Object.fromEntries((pairs ?? []).map(([name, each]) => [name, each ?? '']));
};

/** Compose's own default, seconds. */
const GRACE_SECONDS = 10;

const graceOf = (service: Json, at: string, found: Remarks): number => {
  const written = service.stop_grace_period;
  const seconds = written === undefined ? GRACE_SECONDS : secondsIn(written);
  if (seconds === undefined) found.refuse(`${at}.stop_grace_period`, `'${textIn(written)}' is no duration; one looks like 1m30s`);
  return Math.ceil(seconds ?? GRACE_SECONDS);
};

type Networking = {
  readonly networks: readonly Json[];
  readonly portMappings?: readonly Json[];
  readonly portDefinitions?: readonly Json[];
  readonly parameters: readonly Parameter[];
};

const networkingOf = (name: string, service: Json, ports: readonly Port[], { network }: Surroundings, found: Remarks): Networking => {
  const at = `services.${name}`;
  const mode = textIn(service.network_mode);
  if (mode === 'host') {
    const portDefinitions = ports.map(({ containerPort, protocol }) => ({ port: containerPort, protocol }));
    return { networks: [{ mode: 'host' }], portDefinitions, parameters: [] };
  }
  if (mode === 'none') return { networks: [{ mode: 'none' }], parameters: [] };
  if (mode !== undefined && mode !== 'bridge')
    found.leave(`${at}.network_mode`, `'${mode}' is not possible; it gets the bridge of its node`);
  const own = Array.isArray(service.networks)
    ? Object.fromEntries(service.networks.map((each: Json) => [each, null]))
    : (service.networks ?? {});
  for (const [each, options] of Object.entries(own as Json)) {
    if (each !== 'default' && network === undefined)
      found.leave(`${at}.networks.${each}`, 'services are on the bridge of their node, not on networks apart');
    for (const key of Object.keys((options ?? {}) as object))
      if (key !== 'aliases' || network === undefined) found.leave(`${at}.networks.${each}.${key}`, 'it is not carried');
  }
  const aliases = Object.values(own as Json).flatMap((options: Json) => textsIn(options?.aliases) ?? []);
  const taken = new Set<number>();
  // On a bridge every port has one of the node.
  const open = network === undefined ? ports.filter(({ isClosed }) => isClosed !== true) : ports;
  const portMappings = open.map(({ containerPort, hostPort, protocol, name: called, isInner, isClosed }) => {
    const servicePort = taken.has(hostPort) ? 0 : hostPort;
    taken.add(hostPort);
    const isOpen = network === undefined || !(isInner === true || isClosed === true);
    return { containerPort, ...(isOpen && { hostPort }), servicePort, protocol, ...(called !== undefined && { name: called }) };
  });
  if (network === undefined) return { networks: [{ mode: 'container/bridge' }], portMappings, parameters: [] };
  const parameters = [name, ...aliases].map((value) => ({ key: 'network-alias', value }));
  return { networks: [{ mode: 'container', name: network }], portMappings, parameters };
};

const dependenciesOf = (service: Json, at: string, { ids }: Surroundings, found: Remarks): Json => {
  const written = service.depends_on;
  const named: readonly (readonly [string, Json])[] = Array.isArray(written)
    ? written.map((each) => [each, {}] as const)
    : Object.entries((written ?? {}) as Json);
  const links = (textsIn(service.links) ?? []).map((link) => link.split(':')[0] ?? '');
  if (links.length > 0) found.leave(`${at}.links`, 'the names of links are not made; they are dependencies');
  const dependencies = [...named, ...links.map((link) => [link, {}] as const)].flatMap(([other, options]) => {
    const path = `${at}.depends_on.${other}`;
    const id = ids.get(other);
    if (id === undefined) found.leave(path, 'that service is not imported');
    const { condition = 'service_started', restart, required: _, ...unknown } = (options ?? {}) as Json;
    if (condition === 'service_completed_successfully') found.leave(path, 'nothing here runs once and is done; it only has to be up');
    if (flagIn(restart) === true) found.leave(`${path}.restart`, 'a service is not restarted with another');
    for (const key of Object.keys(unknown)) found.leave(`${path}.${key}`, 'it is not known here');
    return id === undefined ? [] : [id];
  });
  return dependencies.length === 0 ? {} : { dependencies: [...new Set(dependencies)] };
};

/** What no longer resolves: Compose's names of services as names of hosts. */
const mentionsOf = (
  at: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  { ids, network }: Surroundings,
  self: string,
  found: Remarks,
): void => {
  if (network !== undefined) return;
  const others = [...ids.keys()].filter((name) => name !== self);
  const texts = [
    ...Object.entries(env).map(([name, value]) => ({ path: `${at}.environment.${name}`, value, name })),
    ...args.map((value) => ({ path: `${at}.command`, value, name: '' })),
  ];
  for (const { path, value, name } of texts)
    for (const other of others.filter((each) => namesHost(value, each, name)))
      found.leave(path, `it names service ${other} as a host, and names of services do not resolve here: give an address, or --network`);
};
