import { absolutePathId } from '../../../../domain/app/definition/pathId.ts';
import { READ_ONLY_FIELDS } from '../../../../domain/app/definition/shape.ts';
import type { Json } from '../../client.ts';
import { parentOf } from '../wanted.ts';

/**
 * An app as any Marathon from 0.11 on answers it, as a write to 1.11 takes it. Old ones answer a thing twice, in the form that was written
 * and in the one that came later (`ports` beside `portDefinitions`, `uris` beside `fetch`, service ports of a bridged app as `ports` too);
 * sent back as it is, that is refused. Ports keep their numbers.
 * @param group where a relative id starts.
 */
export const writableApp = (answered: Json, group: string): Json => {
  const kept = Object.entries(withoutNulls(answered)).filter(([name]) => !READ_ONLY_FIELDS.has(name) && name !== 'storeUrls');
  const app: Json = Object.fromEntries(kept);
  const id = absolutePathId(String(app.id), group);
  return withPorts({
    ...oneOfTwo(app, 'fetch', 'uris'),
    id,
    ...(app.dependencies !== undefined && {
      dependencies: (app.dependencies as readonly string[]).map((each) => absolutePathId(each, parentOf(id))),
    }),
    ...(app.constraints !== undefined && { constraints: (app.constraints as readonly Json[]).map(withoutEmptyValue) }),
    ...(isEmpty(app.acceptedResourceRoles) && { acceptedResourceRoles: undefined }),
  });
};

export const writablePod = (answered: Json, group: string): Json => {
  const { version: _, ...pod } = withoutNulls(answered);
  return { ...pod, id: absolutePathId(String(pod.id), group) };
};

/** What an old one answered for `absent`. */
const withoutNulls = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([key, each]) => [key, withoutNulls(each)]),
  );
};

/** The later form where it says anything, else the earlier. */
const oneOfTwo = (app: Json, later: string, earlier: string): Json => {
  const { [later]: new_, [earlier]: old, ...rest } = app;
  if (!isEmpty(new_)) return { ...rest, [later]: new_ };
  if (!isEmpty(old)) return { ...rest, [earlier]: old };
  return new_ === undefined ? rest : { ...rest, [later]: new_ };
};

const isEmpty = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.length === 0);

/** `["hostname", "UNIQUE", ""]`, as user interfaces wrote it, means no value. */
const withoutEmptyValue = (constraint: Json): Json =>
  Array.isArray(constraint) && constraint.length === 3 && constraint[2] === '' && /^(unique|cluster|group_by)$/i.test(constraint[1])
    ? constraint.slice(0, 2)
    : constraint;

const withPorts = (app: Json): Json => {
  if (!isEmpty(app.networks)) return modern(app);
  const mode = app.container?.docker?.network;
  if ((mode === undefined || mode === 'HOST') && app.ipAddress === undefined) return onHost(app);
  return app.ipAddress !== undefined && mode !== 'BRIDGE' && app.container?.docker === undefined ? onAddress(app) : inContainer(app);
};

/** From 1.5 on. Where the deprecated forms are answered too, they say nothing more. */
const modern = (app: Json): Json => {
  const { ports: _, ipAddress: __, ...rest } = app;
  const isHost = (rest.networks as readonly Json[]).every(({ mode }) => mode === 'host');
  return isHost ? rest : without(rest, 'portDefinitions');
};

/** `ports` and `portDefinitions` are one list; `ports` has the numbers that were assigned. */
const onHost = (app: Json): Json => {
  const { ports, portDefinitions, ...rest } = app;
  const numbers = (ports ?? []) as readonly number[];
  const definitions = portDefinitions as readonly Json[] | undefined;
  const container = rest.container === undefined ? undefined : withoutMappings(rest.container);
  return {
    ...rest,
    ...(container !== undefined && { container }),
    ...(definitions !== undefined && (definitions.length > 0 || numbers.length === 0)
      ? { portDefinitions: definitions.map((each, i) => ({ ...each, port: each.port || numbers[i] || 0 })) }
      : ports !== undefined && { portDefinitions: numbers.map((port) => ({ port })) }),
  };
};

/** Host networking has no mappings, whatever was written. */
const withoutMappings = ({ portMappings: _, docker, ...container }: Json): Json => ({
  ...container,
  ...(docker !== undefined && { docker: without(docker, 'portMappings') }),
});

/** Bridge and container networks of Docker: the mappings are the ports, and `ports` repeats their service ports. */
const inContainer = (app: Json): Json => {
  const { ports, portDefinitions: _, ipAddress, ...rest } = app;
  const numbers = (ports ?? []) as readonly number[];
  const { docker, portMappings, ...container } = rest.container ?? {};
  const written = (isEmpty(portMappings) ? docker?.portMappings : portMappings) ?? [];
  const mappings = (written as readonly Json[]).map((each, i) => ({ ...each, servicePort: each.servicePort || numbers[i] || 0 }));
  return {
    ...rest,
    ...(ipAddress !== undefined && { ipAddress: without(ipAddress, 'discovery') }),
    container: { ...container, ...(docker !== undefined && { docker: without(docker, 'portMappings') }), portMappings: mappings },
  };
};

/** An address per task of the Mesos containerizer: its ports are those that it discovers, and there may be none. */
const onAddress = (app: Json): Json => {
  const { ports: _, portDefinitions: __, ipAddress, container = { type: 'MESOS' }, ...rest } = app;
  const hasPorts = !isEmpty(ipAddress.discovery?.ports) || !isEmpty(container.portMappings);
  return {
    ...rest,
    ipAddress: isEmpty(ipAddress.discovery?.ports) ? without(ipAddress, 'discovery') : ipAddress,
    container: hasPorts ? container : { ...container, portMappings: [] },
  };
};

const without = (object: Json, name: string): Json => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
