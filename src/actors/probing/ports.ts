import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import { declaredPorts } from '../../domain/app/definition/ports.ts';
import type { WatchedPort } from './targets.ts';

/**
 * Where each declared port of an instance is reached: its host port where it has one, else its container's own address.
 * @param hostPorts as placement gave them: one for each port that wants one, in order
 */
export const portsOf = (
  definition: Pick<AppDefinition, 'container' | 'portDefinitions' | 'requirePorts'>,
  hostPorts: readonly number[],
  ipAddresses: readonly string[],
): readonly WatchedPort[] => {
  let bound = 0;
  return declaredPorts(definition).map(({ name, hostPort, containerPort }) => {
    const named = name === undefined ? {} : { name };
    if (hostPort !== undefined) return { ...named, port: hostPorts[bound++] };
    const [address] = ipAddresses;
    return address === undefined || containerPort === 0 ? { ...named, port: undefined } : { ...named, port: containerPort, address };
  });
};
