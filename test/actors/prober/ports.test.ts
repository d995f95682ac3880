import { expect, test } from 'vitest';
import { portsOf } from '../../../src/actors/probing/ports.ts';
import { app } from '../../domain/app/definition/support.ts';

const onNetwork = (portMappings: readonly object[]) =>
  app({ cmd: undefined, container: { type: 'DOCKER', docker: { image: 'nginx' }, portMappings }, networks: [{ name: 'dcos' }] });

test('a port is asked where its host port is, or at the container itself, in the order that indices count', () => {
  const mixed = onNetwork([{ containerPort: 80, name: 'web' }, { containerPort: 81, hostPort: 0 }, { containerPort: 0 }]);
  expect(portsOf(mixed, [31_005], ['172.18.0.4'])).toEqual([
    { name: 'web', port: 80, address: '172.18.0.4' },
    { port: 31_005 },
    { port: undefined },
  ]);
});

test('an address that nobody told is no place to ask', () =>
  expect(portsOf(onNetwork([{ containerPort: 80 }]), [], [])).toEqual([{ port: undefined }]));

test('in host networking each port has its host port', () =>
  expect(portsOf(app({ ports: [0, 0] }), [31_001, 31_002], ['10.0.0.9'])).toEqual([{ port: 31_001 }, { port: 31_002 }]));
