import { Ledger } from '../../../src/domain/placement/ledger.ts';
import type { Node } from '../../../src/domain/placement/node.ts';
import type { PlacementRequest } from '../../../src/domain/placement/request.ts';

/** A node of four cores; only what matters to a test is said. */
export const node = (id: string, fields: Partial<Node> = {}): Node => ({
  id,
  hostname: `${id}.example`,
  address: '10.0.0.1',
  attributes: {},
  roles: ['*'],
  capacity: { cpus: 4, mem: 4096, disk: 1000, gpus: 0 },
  portRanges: [[31_000, 31_009]],
  schedulable: true,
  runtime: 'docker',
  ...fields,
});

export const request = (fields: Partial<PlacementRequest> = {}): PlacementRequest => ({
  app: '/web',
  instances: 5,
  image: true,
  constraints: [],
  acceptedResourceRoles: ['*'],
  hostPorts: [],
  cpus: 1,
  mem: 128,
  disk: 0,
  gpus: 0,
  ...fields,
});

export const ledgerOf = (...nodes: readonly Node[]): Ledger => {
  const ledger = new Ledger();
  for (const each of nodes) ledger.setNode(each);
  return ledger;
};

export const ids = (count: number, prefix = 'i'): readonly string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
