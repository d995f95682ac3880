import { describe, expect, test } from 'vitest';
import { placementAskOf } from '../../../src/domain/app/definition/ask.ts';
import { eligibleNodes, type PoolNode, perNodeChange } from '../../../src/domain/placement/perNode.ts';
import { parsed } from '../../simulation/apps.ts';

const node = (id: string, over: Partial<PoolNode> = {}): PoolNode => ({
  id,
  hostname: `host-${id}`,
  address: id,
  attributes: {},
  roles: ['*'],
  capacity: { cpus: 4, mem: 1024, disk: 0, gpus: 0 },
  portRanges: [[31_000, 32_000]],
  schedulable: true,
  runtime: 'process',
  outOfSight: false,
  ...over,
});
const agent = (over: Readonly<Record<string, unknown>> = {}, asks: Partial<ReturnType<typeof placementAskOf>> = {}) => ({
  ...placementAskOf(parsed({ id: '/agent', cmd: 'watch', cpus: 1, mem: 64, perNode: true, ...over })),
  ...asks,
});
const eligible = (over: Readonly<Record<string, unknown>>, ...pool: readonly PoolNode[]) =>
  eligibleNodes(agent(over), pool).map(({ id }) => id);

describe('an app on every node has one', () => {
  test('where something new may be placed, and where its node is only out of sight', () => {
    const pool = [node('a'), node('cordoned', { schedulable: false }), node('lost', { schedulable: false, outOfSight: true })];
    expect(eligible({}, ...pool)).toEqual(['a', 'lost']);
  });

  test('where the node runs what it is made of', () => {
    const pool = [node('a'), node('d', { runtime: 'docker' }), node('s', { runtime: 'simulated' })];
    expect(eligible({}, ...pool)).toEqual(['a', 's']);
    expect(eligible({ cmd: undefined, container: { type: 'DOCKER', docker: { image: 'agent' } } }, ...pool)).toEqual(['d', 's']);
  });

  test('where roles and attributes are as it asks', () => {
    const pool = [
      node('a', { attributes: { rack: 'r1' } }),
      node('b', { attributes: { rack: 'r2' } }),
      node('c'),
      node('d', { roles: ['db'] }),
    ];
    expect(eligible({ constraints: [['rack', 'LIKE', 'r.*']] }, ...pool)).toEqual(['a', 'b']);
    expect(eligible({ constraints: [['rack', 'UNLIKE', 'r1']] }, ...pool)).toEqual(['b', 'c']);
    const lent = agent({ constraints: [['hostname', 'IS', 'host-d']] }, { acceptedResourceRoles: ['*', 'db'] });
    expect(eligibleNodes(lent, pool).map(({ id }) => id)).toEqual(['d']);
  });

  test('where there would be room for it on an empty node, be it taken now or not', () => {
    const small = node('small', { capacity: { cpus: 0.5, mem: 1024, disk: 0, gpus: 0 } });
    expect(eligible({}, node('a'), small)).toEqual(['a']);
  });
});

describe('what is to change', () => {
  const on = (...nodes: readonly (string | undefined)[]) =>
    nodes.map((each, nth) => ({ instance: `i${nth}`, ...(each !== undefined && { node: each }) }));

  test('is nothing where each eligible node has one, or will have when it is placed', () => {
    expect(perNodeChange(['a', 'b'], 2, on('a', 'b'))).toBeUndefined();
    expect(perNodeChange(['a', 'b'], 2, on('a', undefined))).toBeUndefined();
    expect(perNodeChange([], 0, [])).toBeUndefined();
  });

  test('is one more for a node that has none, and the reason names it', () => {
    expect(perNodeChange(['a', 'b', 'c'], 2, on('a', 'b'))).toEqual({
      instances: 3,
      retire: [],
      because: '3 nodes are eligible; c has none',
    });
  });

  test('is one fewer, and the very one, where a node is no longer eligible', () => {
    expect(perNodeChange(['a'], 2, on('a', 'b'))).toEqual({
      instances: 1,
      retire: ['i1'],
      because: '1 node is eligible; b has one too many',
    });
  });

  test('is another place for the second one of a node, though their number is right', () => {
    expect(perNodeChange(['a', 'b'], 2, on('a', 'a'))).toEqual({
      instances: 2,
      retire: ['i1'],
      because: '2 nodes are eligible; b has none; a has one too many',
    });
  });

  test('is the number alone while a deployment moves them', () => {
    expect(perNodeChange(['a', 'b'], 3, undefined)).toEqual({ instances: 2, retire: [], because: '2 nodes are eligible' });
    expect(perNodeChange(['a', 'b'], 2, undefined)).toBeUndefined();
  });
});
