import { describe, expect, test } from 'vitest';
import type { Node } from '../../../src/domain/placement/node.ts';
import { isSurelyHeld, outlookOf } from '../../../src/domain/placement/outlook.ts';
import type { PlacementRequest } from '../../../src/domain/placement/request.ts';
import { placement } from './policies/support.ts';
import { request } from './support.ts';

const node = (id: string, over: Partial<Node> = {}): Node => ({
  id,
  hostname: id,
  address: '10.0.0.1',
  attributes: { rack: 'r1' },
  roles: ['*'],
  capacity: { cpus: 4, mem: 4096, disk: 1000, gpus: 0 },
  portRanges: [[31_000, 32_000]],
  schedulable: true,
  runtime: 'docker',
  ...over,
});
const asked = (over: Partial<PlacementRequest> = {}): PlacementRequest => ({
  app: '/web',
  instances: 2,
  image: true,
  constraints: [],
  acceptedResourceRoles: ['*'],
  hostPorts: [0],
  cpus: 1,
  mem: 128,
  disk: 0,
  gpus: 0,
  ...over,
});
const pool = [node('n1'), node('n2', { attributes: { rack: 'r2' }, capacity: { cpus: 1, mem: 65_536, disk: 1000, gpus: 0 } })];
const saidOf = (request: Partial<PlacementRequest>, nodes: readonly Node[] = pool) =>
  outlookOf(asked(request), nodes).map(({ about, text }) => `${about}: ${text}`);

describe('the short way to know that nothing is lacking', () => {
  const asks: readonly Partial<PlacementRequest>[] = [
    {},
    ...[1, 4, 5].map((cpus) => ({ cpus })),
    { cpus: 2, constraints: [['rack', 'IS', 'r2']] },
    { constraints: [['rack', 'IS', 'r2']] },
    { constraints: [['rack', 'GROUP_BY', '2']] },
    { constraints: [['ssd', 'IS', 'true']] },
    { image: false },
    { acceptedResourceRoles: ['public'] },
    { hostPorts: [40_000] },
    { instances: 3, constraints: [['hostname', 'UNIQUE']] },
    { instances: 9, constraints: [['rack', 'MAX_PER', '2']] },
  ];

  test('it never says so where the long way finds something, and says so for what is asked for most', () => {
    const sure = asks.filter((ask) => isSurelyHeld(asked(ask), pool));
    expect(sure.map((ask) => saidOf(ask))).toEqual(sure.map(() => []));
    expect(sure).toEqual([
      {},
      { cpus: 1 },
      { cpus: 4 },
      { constraints: [['rack', 'IS', 'r2']] },
      { constraints: [['rack', 'GROUP_BY', '2']] },
    ]);
  });

  test('it looks no further than the first node that holds an instance', () => {
    let looked = 0;
    const counted = function* () {
      for (const each of pool) {
        looked++;
        yield each;
      }
    };
    expect(isSurelyHeld(asked(), counted())).toBe(true);
    expect(looked).toBe(1);
  });
});

describe('what the pool cannot give', () => {
  test.each<[string, Partial<PlacementRequest>, readonly string[]]>([
    ['all that is asked for is there', {}, []],
    ['no instance is wanted', { instances: 0, cpus: 100 }, []],
    ['one resource', { cpus: 5 }, ['cpus: no node has 5 cpus; the largest has 4']],
    [
      'two resources',
      { mem: 99_999, gpus: 1 },
      ['mem: no node has 99999 mem; the largest has 65536', 'gpus: no node has 1 gpus; the largest has 0'],
    ],
    ['resources that no node has together', { cpus: 4, mem: 9_000 }, ['cpus: no node has as much of every resource together']],
    ['a native process on Docker hosts', { image: false }, ['constraints: no node of the pool runs native processes']],
    ['a role', { acceptedResourceRoles: ['public', 'x'] }, ['acceptedResourceRoles: no node has resources of public or x']],
    ['an attribute that no node has', { constraints: [['ssd', 'IS', 'true']] }, ['constraints: no node has the attribute of ssd IS true']],
    ['a value that no node has', { constraints: [['rack', 'LIKE', 'r9']] }, ['constraints: no node satisfies rack LIKE r9']],
    [
      'values that no node has together',
      {
        constraints: [
          ['rack', 'IS', 'r1'],
          ['hostname', 'IS', 'n2'],
        ],
      },
      ['constraints: no node satisfies all of them'],
    ],
    [
      'a node that is large enough and satisfies the constraints',
      { cpus: 4, constraints: [['rack', 'CLUSTER', 'r2']] },
      ['constraints: no node that satisfies the constraints is large enough'],
    ],
    [
      'one instance for each value',
      { instances: 3, constraints: [['rack', 'UNIQUE']] },
      ['constraints: rack UNIQUE leaves room for 2 of 3 instances'],
    ],
    [
      'so many for each value',
      { instances: 5, constraints: [['rack', 'MAX_PER', '2']] },
      ['constraints: rack MAX_PER leaves room for 4 of 5 instances'],
    ],
    [
      'an attribute that nobody may have',
      {
        constraints: [
          ['ssd', 'UNLIKE', 'true'],
          ['rack', 'GROUP_BY', '3'],
          ['@zone', 'UNLIKE', 'z'],
        ],
      },
      [],
    ],
    ['a port that is one per node', { instances: 3, hostPorts: [31_005] }, ['ports: 2 nodes offer port 31005, for 3 instances']],
    ['a port that no node offers', { instances: 1, hostPorts: [80] }, ['ports: 0 nodes offer port 80, for 1 instances']],
  ])('%s', (_, request, said) => expect(saidOf(request)).toEqual(said));

  test('is nothing at all while there is no node', () =>
    expect(saidOf({}, [])).toEqual(['constraints: no node of the pool runs container images']));

  test('a pool of thousands is looked at once', () => {
    let looks = 0;
    const counted = Array.from({ length: 5_000 }, (_, nth) => {
      const each = node(`n${nth}`);
      return Object.defineProperty({ ...each }, 'attributes', {
        get: () => {
          looks++;
          return each.attributes;
        },
      });
    });
    expect(
      outlookOf(
        asked({
          instances: 6_000,
          constraints: [
            ['rack', 'LIKE', 'r.'],
            ['hostname', 'UNIQUE'],
          ],
        }),
        counted,
      ),
    ).toHaveLength(1);
    expect(looks).toBeLessThanOrEqual(4 * counted.length);
  });
});

test('an app that is kept apart from itself has as many places as there are values', () => {
  const apart = (more: object) =>
    request({ instances: 3, placement: placement({ antiAffinity: [{ app: '/web', field: '@zone', ...more }] }) });
  const pool = [node('a', { zone: 'x' }), node('b', { zone: 'y' }), node('c', { zone: 'y' })];
  expect(outlookOf(apart({}), pool)).toEqual([{ about: 'placement', text: 'apart from itself by @zone leaves room for 2 of 3 instances' }]);
  expect(outlookOf(apart({ weight: 9 }), pool)).toEqual([]);
  expect(outlookOf(apart({}), [...pool, node('d')])).toEqual([]);
});
