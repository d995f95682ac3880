import type { AppDefinition } from './definition.ts';
import type { Violations } from './violations.ts';

/** Containers, their port mappings and host volumes; Marathon's AppValidation. */
export const checkContainer = ({ container, networks }: AppDefinition, found: Violations): void => {
  if (container === undefined) return;
  if (container.type === 'DOCKER' && container.docker === undefined) found.add('/container/docker', 'not defined');
  const mappings = container.portMappings ?? [];
  const names = mappings.flatMap(({ name }) => (name === undefined ? [] : [name]));
  if (new Set(names).size < names.length) found.add('/container/portMappings', 'Port names must be unique.');
  const networkNames = networks.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const several = networks.filter(({ mode }) => mode === 'container').length > 1;
  mappings.forEach((mapping, index) => {
    const at = `/container/portMappings(${index})`;
    if (several && mapping.hostPort !== undefined && mapping.networkNames.length !== 1)
      found.add(at, 'networkNames must be a single item list when hostPort is specified and more than 1 container network is defined');
    mapping.networkNames.forEach((name, nth) => {
      if (!networkNames.includes(name)) found.add(`${at}/networkNames(${nth})`, `is not one of (${networkNames.join(',')})`);
    });
  });
  const fixed = mappings.flatMap(({ hostPort, protocol }) => (hostPort === undefined || hostPort === 0 ? [] : [`${hostPort}/${protocol}`]));
  if (new Set(fixed).size < fixed.length) found.add('/container/portMappings', 'Ports must be unique.');
  if (container.type === 'DOCKER' && container.docker?.pullConfig !== undefined)
    found.add('/container/docker/pullConfig', 'pullConfig is not supported with Docker containerizer');
};
