import { expect, test } from 'vitest';
import { portConflicts } from '../../../../src/domain/app/definition/portConflicts.ts';
import { app } from './support.ts';

const hosted = (id: string, requirePorts: boolean, ...ports: readonly number[]) =>
  app({ id, requirePorts, portDefinitions: ports.map((port) => ({ port })) });
const bridged = (id: string, ...ports: readonly { readonly hostPort?: number; readonly servicePort?: number }[]) =>
  app({
    id,
    networks: [{ mode: 'container/bridge' }],
    container: {
      type: 'DOCKER',
      docker: { image: 'web' },
      portMappings: ports.map((port, nth) => ({ containerPort: 80 + nth, hostPort: 0, ...port })),
    },
  });

test.each([
  ['service ports', [hosted('/a', false, 10_001)], [bridged('/b', { servicePort: 10_001 })], ['/a service 10001 /b']],
  ['required ports, which are service ports, too', [hosted('/a', true, 9000)], [hosted('/b', true, 9000)], ['/a host 9000 /b']],
  ['a host port that is the service port of another', [hosted('/a', true, 9000)], [hosted('/b', false, 9000)], ['/a service 9000 /b']],
  ['host ports of bridged containers', [bridged('/a', { hostPort: 9000 })], [bridged('/b', { hostPort: 9000 })], ['/a host 9000 /b']],
  ['several others', [hosted('/a', false, 9000)], [hosted('/b', false, 9000), hosted('/c', false, 9000)], ['/a service 9000 /b,/c']],
  [
    'several that are written together',
    [hosted('/a', false, 9000), hosted('/b', false, 9000)],
    [],
    ['/a service 9000 /b', '/b service 9000 /a'],
  ],
  ['ports that are still to be chosen', [hosted('/a', true, 0), bridged('/b', {})], [bridged('/c', {})], []],
  ['a port that one app has twice', [bridged('/a', { servicePort: 9000 }, { servicePort: 9000 })], [], []],
])('%s', (_, written, there, conflicts) => {
  const found = [...portConflicts(written, [...there, ...written])];
  expect(found.map(({ app: id, kind, port, others }) => `${id} ${kind} ${port} ${others}`)).toEqual(conflicts);
});
