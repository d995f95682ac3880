import type { AppDefinition } from './definition.ts';
import type { Violations } from './violations.ts';

/** Which networks may stand together; Marathon's NetworkValidation. */
export const checkNetworks = ({ networks, container }: AppDefinition, found: Violations): void => {
  const add = (error: string): void => found.add('/networks', error);
  const inMode = (mode: string) => networks.filter((network) => network.mode === mode);
  if (inMode('host').some(({ name, labels }) => name !== undefined || Object.keys(labels).length > 0))
    add('Host networks may not have names or labels');
  if (inMode('container/bridge').some(({ name }) => name !== undefined)) add('Bridge networks may not have names');
  const names = networks.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const unnamed = inMode('container').filter(({ name }) => name === undefined);
  if (unnamed.length > 1 || new Set(names).size < names.length) add('Duplicate networks are not allowed');
  if (unnamed.length > 0) add('Network name must be specified when container network is selected.');
  if (networks.length > 1 && inMode('container').length < networks.length)
    add('May specify a single host network, single bridge network, or else 1-to-n container networks');
  if (container?.type === 'DOCKER' && inMode('container').length > 1)
    found.add('/', 'may only specify a single container network when using the Docker container engine');
};
