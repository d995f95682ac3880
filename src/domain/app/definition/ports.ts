import type { AppDefinition, Labels } from './definition.ts';

/** Ports and networks of an app, in Marathon's canonical form (networks and port mappings of 1.5 and later). */
export type Protocol = 'tcp' | 'udp' | 'udp,tcp';

/** `none` is ours: no network at all, which Marathon had only as `container.docker.network: NONE`. */
export const NETWORK_MODES = ['container', 'container/bridge', 'host', 'none'] as const;
export type NetworkMode = (typeof NETWORK_MODES)[number];
export type Network = { readonly mode: NetworkMode; readonly name?: string; readonly labels: Labels };

export type PortDefinition = { readonly port: number; readonly protocol: Protocol; readonly name?: string; readonly labels: Labels };

export type PortMapping = {
  /** 0: the same as the host port. */
  readonly containerPort: number;
  /** 0: any; absent in container mode: no host port. */
  readonly hostPort?: number;
  /** 0: to be assigned. */
  readonly servicePort: number;
  readonly protocol: Protocol;
  readonly name?: string;
  readonly labels: Labels;
  readonly networkNames: readonly string[];
};

/** One port that an app declares, whatever its networking. */
export type DeclaredPort = {
  readonly name?: string;
  readonly protocol: Protocol;
  readonly servicePort: number;
  /** 0 = any port of the node; a number = exactly that one; undefined = none. */
  readonly hostPort: number | undefined;
  /** undefined in host networking. */
  readonly containerPort: number | undefined;
};

type Ported = Pick<AppDefinition, 'container' | 'portDefinitions' | 'requirePorts'>;

/** The ports of an app in the order of their indices, as `PORT0…` and health checks count them. */
export const declaredPorts = ({ container, portDefinitions, requirePorts }: Ported): readonly DeclaredPort[] =>
  container?.portMappings === undefined
    ? (portDefinitions ?? []).map(({ name, protocol, port }) => ({
        ...(name === undefined ? {} : { name }),
        protocol,
        servicePort: port,
        hostPort: requirePorts ? port : 0,
        containerPort: undefined,
      }))
    : container.portMappings.map(({ name, protocol, servicePort, hostPort, containerPort }) => ({
        ...(name === undefined ? {} : { name }),
        protocol,
        servicePort,
        hostPort,
        containerPort,
      }));

/** What placement must find on a node: one entry per host port, 0 for any. */
export const hostPortsWanted = (definition: Ported): readonly number[] =>
  declaredPorts(definition).flatMap(({ hostPort }) => (hostPort === undefined ? [] : [hostPort]));

/**
 * Where one port of an instance is reached: on its host where it is mapped there, else in its container.
 * @param hostPorts as placement gave them
 */
export const portAt = (
  definition: Ported & Pick<AppDefinition, 'networks'>,
  hostPorts: readonly number[],
  index: number,
): { readonly hostPort: number } | { readonly containerPort: number } | undefined => {
  const ports = declaredPorts(definition);
  const port = ports[index];
  if (port === undefined) return undefined;
  // Only ports that want one on the host were given one, in this order.
  const given = hostPorts[ports.slice(0, index).filter(({ hostPort }) => hostPort !== undefined).length];
  if (port.hostPort !== undefined) return given === undefined ? undefined : { hostPort: given };
  const { containerPort = 0 } = port;
  return definition.networks.every(({ mode }) => mode === 'host') || containerPort === 0 ? undefined : { containerPort };
};
