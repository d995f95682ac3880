import { expect, test } from 'vitest';
import { placementAskOf } from '../../../src/domain/app/definition/ask.ts';
import { place } from '../../../src/domain/placement/place.ts';
import type { PlacementRequest } from '../../../src/domain/placement/request.ts';
import { app } from '../app/definition/support.ts';
import { ids, ledgerOf, node } from './support.ts';

test('a definition asks for what it declares, and gets it', () => {
  const definition = app({
    instances: 2,
    cpus: 0.5,
    container: {
      docker: { image: 'web', network: 'BRIDGE', portMappings: [{ containerPort: 80 }, { containerPort: 81, hostPort: 31_007 }] },
    },
    constraints: [['hostname', 'unique']],
  });
  const ask: PlacementRequest = placementAskOf(definition, '/web@1');
  expect(ask).toEqual({
    app: '/web',
    cohort: '/web@1',
    instances: 2,
    image: true,
    role: '*',
    constraints: [['hostname', 'UNIQUE']],
    acceptedResourceRoles: ['*'],
    hostPorts: [0, 31_007],
    cpus: 0.5,
    mem: 128,
    disk: 0,
    gpus: 0,
  });
  const results = place(ask, ids(3), ledgerOf(node('a'), node('b')), { seed: 0 });
  expect(results.map((result) => ('node' in result ? result.hostPorts : result.unplaceable.excluded))).toEqual([
    [31_000, 31_007],
    [31_000, 31_007],
    { constraint: 2 },
  ]);
});
