import type { AppDefinition } from './definition.ts';
import { declaredPorts } from './ports.ts';

/** A port that an app has by number and others have, too. */
export type PortConflict = {
  readonly app: string;
  /** `host`: no two of them are placed on the same node. `service`: a balancer that listens on it can serve one of them. */
  readonly kind: 'host' | 'service';
  readonly port: number;
  readonly others: readonly string[];
};

/**
 * Ports of some apps that others have, or that these have among each other; a port that is both is told as a host port alone.
 * @param written in the order in which they are told of
 * @param all those of the cluster, the written ones among them as they are to be
 */
export const portConflicts = function* (
  written: readonly AppDefinition[],
  all: Iterable<AppDefinition>,
): Generator<PortConflict, undefined> {
  const owners = { host: new Map<number, string[]>(), service: new Map<number, string[]>() };
  for (const definition of written) for (const kind of KINDS) for (const port of portsOf(definition)[kind]) owners[kind].set(port, []);
  if (owners.host.size + owners.service.size === 0) return undefined;
  for (const definition of all)
    for (const kind of KINDS) for (const port of portsOf(definition)[kind]) owners[kind].get(port)?.push(definition.id);
  for (const definition of written) {
    const told = new Set<number>();
    for (const kind of KINDS)
      for (const port of portsOf(definition)[kind]) {
        const others = (owners[kind].get(port) ?? []).filter((id) => id !== definition.id);
        if (others.length === 0 || told.has(port)) continue;
        told.add(port);
        yield { app: definition.id, kind, port, others };
      }
  }
  return undefined;
};

const KINDS = ['host', 'service'] as const;
type Ports = Readonly<Record<PortConflict['kind'], ReadonlySet<number>>>;

/** Each is looked at with every write, and never changes. */
const known = new WeakMap<AppDefinition, Ports>();

const portsOf = (definition: AppDefinition): Ports => {
  const there = known.get(definition);
  if (there !== undefined) return there;
  const declared = declaredPorts(definition);
  const numbered = (ports: readonly (number | undefined)[]) => new Set(ports.flatMap((port = 0) => (port === 0 ? [] : [port])));
  const ports = {
    host: numbered(declared.map(({ hostPort }) => hostPort)),
    service: numbered(declared.map(({ servicePort }) => servicePort)),
  };
  known.set(definition, ports);
  return ports;
};
