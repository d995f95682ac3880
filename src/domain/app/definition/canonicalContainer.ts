import type { AppShape, ContainerShape } from './shape.ts';
import type { Violations } from './violations.ts';

/** The container without its deprecated parts; `ipAddress` without a container means an empty Mesos one. */
export const canonicalContainer = ({ container, ipAddress }: AppShape, found: Violations): ContainerShape | undefined => {
  if (container === undefined) return ipAddress === undefined ? undefined : withDiscovery({ type: 'MESOS' }, ipAddress, found);
  const { docker, ...rest } = container;
  if (docker === undefined) return withDiscovery(rest, ipAddress, found);
  const { network: _, portMappings, ...engine } = docker;
  if (given(rest.portMappings) && given(portMappings)) found.add('/container', 'cannot specify both portMappings and docker.portMappings');
  const mappings = given(rest.portMappings) ? rest.portMappings : (portMappings ?? rest.portMappings);
  return withDiscovery({ ...rest, docker: engine, ...(mappings === undefined ? {} : { portMappings: mappings }) }, ipAddress, found);
};

const given = (items: readonly unknown[] | undefined): boolean => items !== undefined && items.length > 0;

/** `ipAddress.discovery.ports` are the container ports of an address of its own: no host ports. */
const withDiscovery = (container: ContainerShape, ipAddress: AppShape['ipAddress'], found: Violations): ContainerShape => {
  const ports = ipAddress?.discovery?.ports ?? [];
  if (ports.length === 0 || container.type !== 'MESOS') return container;
  if (given(container.portMappings)) found.add('/container', 'container.portMappings and ipAddress.discovery.ports must not both be set');
  return {
    ...container,
    portMappings: ports.map(({ number, name, protocol, labels }) => ({
      containerPort: number ?? 0,
      name,
      ...(protocol === undefined ? {} : { protocol }),
      ...(labels === undefined ? {} : { labels }),
    })),
  };
};
