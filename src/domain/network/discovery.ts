import type { AppDefinition, Labels } from '../app/definition/definition.ts';
import { declaredPorts } from '../app/definition/ports.ts';

/** One port as Mesos' DiscoveryInfo tells it: what others connect to. */
export type DiscoveryPort = {
  readonly number: number;
  readonly name?: string;
  readonly protocol: 'tcp' | 'udp';
  /** Those of the port, and `network-scope` where the app has a network of its own. */
  readonly labels: Labels;
};

/** The name that Marathon gives its tasks, and that DNS names are made of: `/a/b/c` → `c.b.a`. */
export const discoveryName = (app: string): string =>
  app
    .split('/')
    .filter((segment) => segment !== '')
    .toReversed()
    .join('.');

/**
 * As Marathon's PortDiscovery: one entry per protocol; on a container's network the host port where there is one, else the container's.
 * @param hostPorts as placement gave them
 */
export const discoveryPorts = (definition: AppDefinition, hostPorts: readonly number[]): readonly DiscoveryPort[] => {
  const left = [...hostPorts];
  const labels = (definition.container?.portMappings ?? definition.portDefinitions ?? []).map((port) => port.labels);
  return declaredPorts(definition).flatMap(({ name, protocol, hostPort, containerPort }, index) => {
    const given = hostPort === undefined ? undefined : left.shift();
    const number = given ?? containerPort;
    if (number === undefined) return [];
    const scope = containerPort === undefined ? {} : { 'network-scope': given === undefined ? 'container' : 'host' };
    const port = { number, ...(name !== undefined && { name }), labels: { ...labels[index], ...scope } };
    return protocol.split(',').map((each) => ({ ...port, protocol: each as 'tcp' | 'udp' }));
  });
};
