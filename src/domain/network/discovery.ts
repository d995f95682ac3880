import type { AppDefinition, Labels } from '../app/definition/definition.ts';
import { declaredPorts, type Protocol } from '../app/definition/ports.ts';

type OneProtocol = 'tcp' | 'udp';

/** One port as Mesos' DiscoveryInfo tells it: what others connect to. */
export type DiscoveryPort = {
  readonly number: number;
  readonly name?: string;
  readonly protocol: OneProtocol;
  /** Those of the port, and `network-scope` where the app has a network of its own. */
  readonly labels: Labels;
};

/** A port of a container that is reached by a port of its host. */
export type MappedPort = { readonly hostPort: number; readonly containerPort: number; readonly protocol: OneProtocol };

/** The name that Marathon gives its tasks, and that DNS names are made of: `/a/b/c` → `c.b.a`. */
export const discoveryName = (app: string): string =>
  app
    .split('/')
    .filter((segment) => segment !== '')
    .toReversed()
    .join('.');

type Placed = {
  readonly name?: string;
  readonly protocol: Protocol;
  readonly labels: Labels;
  readonly hostPort?: number;
  /** Absent where the app uses its host's network. */
  readonly containerPort?: number;
};

/** The ports of an app as placement has settled them. */
const placedPorts = (definition: AppDefinition, hostPorts: readonly number[]): readonly Placed[] => {
  const left = [...hostPorts];
  const labels = (definition.container?.portMappings ?? definition.portDefinitions ?? []).map((port) => port.labels);
  const isOnHost = definition.networks.every(({ mode }) => mode === 'host');
  return declaredPorts(definition).map(({ name, protocol, hostPort: wanted, containerPort = 0 }, index) => {
    const hostPort = wanted === undefined ? undefined : left.shift();
    return {
      ...(name !== undefined && { name }),
      protocol,
      labels: labels[index] ?? {},
      ...(hostPort !== undefined && { hostPort }),
      // 0: the same as the host port.
      ...(!isOnHost && { containerPort: containerPort === 0 ? (hostPort ?? 0) : containerPort }),
    };
  });
};

const each = (protocol: Protocol): readonly OneProtocol[] => protocol.split(',') as OneProtocol[];

/**
 * As Marathon's PortDiscovery: one entry per protocol; on a container's network the host port where there is one, else the container's.
 * @param hostPorts as placement gave them
 */
export const discoveryPorts = (definition: AppDefinition, hostPorts: readonly number[]): readonly DiscoveryPort[] =>
  placedPorts(definition, hostPorts).flatMap(({ name, protocol, labels, hostPort, containerPort }) => {
    const number = hostPort ?? containerPort ?? 0;
    if (number === 0) return [];
    const scope = containerPort === undefined ? {} : { 'network-scope': hostPort === undefined ? 'container' : 'host' };
    const port = { number, ...(name !== undefined && { name }), labels: { ...labels, ...scope } };
    return each(protocol).map((one) => ({ ...port, protocol: one }));
  });

/** Ports of the host that lead into the container. */
export const mappedPorts = (definition: AppDefinition, hostPorts: readonly number[]): readonly MappedPort[] =>
  placedPorts(definition, hostPorts).flatMap(({ protocol, hostPort, containerPort }) =>
    hostPort === undefined || containerPort === undefined ? [] : each(protocol).map((one) => ({ hostPort, containerPort, protocol: one })),
  );
