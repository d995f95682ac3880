import { describe, expect, test } from 'vitest';
import type { Node } from '../../../src/domain/placement/node.ts';
import { place, rejectReasons, whyNot } from '../../../src/domain/placement/place.ts';
import type { PlacementRequest } from '../../../src/domain/placement/request.ts';
import { binPack } from '../../../src/domain/placement/scores.ts';
import { ids, ledgerOf, node, request } from './support.ts';

const nodesOf = (results: ReturnType<typeof place>) => results.map((result) => ('node' in result ? result.node : undefined));
const tally = (values: readonly (string | undefined)[]) => [...Map.groupBy(values, (value) => value).values()].map(({ length }) => length);

describe('where', () => {
  test('instances of an app spread over the nodes, then balance the load', () => {
    const ledger = ledgerOf(...ids(4, 'n').map((id) => node(id)));
    expect(tally(nodesOf(place(request(), ids(8), ledger, { seed: 3 })))).toEqual([2, 2, 2, 2]);
  });

  test('an idle node is preferred to a loaded one', () => {
    const ledger = ledgerOf(node('a'), node('b'));
    ledger.add({ instance: 'x', app: '/x', node: 'a', cpus: 2, mem: 1, disk: 0, gpus: 0, ports: [] });
    expect(nodesOf(place(request(), ['i'], ledger, { seed: 0 }))).toEqual(['b']);
  });

  test('bin packing fills one node before the next', () => {
    const ledger = ledgerOf(node('a'), node('b'), node('c'));
    expect(tally(nodesOf(place(request(), ids(8), ledger, { seed: 0, score: binPack })))).toEqual([4, 4]);
  });

  test('the same question has the same answer', () => {
    const answer = () => place(request(), ids(20), ledgerOf(...ids(50, 'n').map((id) => node(id))), { seed: 7 });
    expect(answer()).toEqual(answer());
  });

  test('an instance that has its place keeps it and is counted once', () => {
    const ledger = ledgerOf(node('a'), node('b'));
    const first = place(request({ hostPorts: [0] }), ['i'], ledger, { seed: 0 });
    const again = place(request({ hostPorts: [0] }), ['i'], ledger, { seed: 1 });
    expect(nodesOf(again)).toEqual(nodesOf(first));
    expect(ledger.reservations).toBe(1);
  });

  test('a choice says how many were looked at, who was out, and its score', () => {
    const ledger = ledgerOf(
      node('a'),
      node('b', { schedulable: false }),
      node('c', { capacity: { cpus: 0.5, mem: 4096, disk: 0, gpus: 0 } }),
    );
    expect(place(request({ cpus: 2 }), ['i'], ledger, { seed: 0 })).toEqual([
      { instance: 'i', node: 'a', hostPorts: [], explanation: { considered: 3, excluded: { maintenance: 1, cpus: 1 }, score: 0.25 } },
    ]);
  });
});

describe('each filter turns a node away, and says why with numbers', () => {
  test.each<[string, string, Partial<PlacementRequest>, Partial<Node>, string]>([
    ['runtime', 'UnfulfilledConstraint', {}, { runtime: 'process' }, 'a container image needs Docker, this node runs process'],
    ['runtime', 'UnfulfilledConstraint', { image: false }, {}, 'a native process needs a process node, this one runs Docker'],
    ['role', 'UnfulfilledRole', {}, { roles: ['db'] }, "accepts resources of *; the node's are of db"],
    ['constraint', 'UnfulfilledConstraint', { constraints: [['rack', 'IS', 'a']] }, {}, 'rack IS a: the node has no rack'],
    [
      'maintenance',
      'AgentMaintenance',
      {},
      { schedulable: false },
      'the node takes nothing new: it is cordoned, flapping, draining or unreachable',
    ],
    ['cpus', 'InsufficientCpus', { cpus: 4.5 }, {}, 'wants 4.5 cpus, 4 left of 4'],
    ['mem', 'InsufficientMemory', { mem: 5000 }, {}, 'wants 5000 mem, 4096 left of 4096'],
    ['disk', 'InsufficientDisk', { disk: 1001 }, {}, 'wants 1001 disk, 1000 left of 1000'],
    ['gpus', 'InsufficientGpus', { gpus: 1 }, {}, 'wants 1 gpus, 0 left of 0'],
    ['ports', 'InsufficientPorts', { hostPorts: [80] }, {}, "port 80 is taken or outside of the node's ranges"],
    ['ports', 'InsufficientPorts', { hostPorts: Array.from({ length: 11 }, () => 0) }, {}, 'wants 11 distinct ports, 10 are free'],
  ])('%s', (filter, reason, asked, has, because) => {
    const ledger = ledgerOf(node('a', has));
    expect(whyNot(request(asked), ledger, 'a')).toEqual([{ filter, reason, because }]);
    expect(place(request(asked), ['i'], ledger, { seed: 0 })).toMatchObject([
      { unplaceable: { considered: 1, excluded: { [filter]: 1 } } },
    ]);
    expect(ledger.reservations).toBe(0);
  });

  test('a simulated node runs both kinds', () => {
    const ledger = ledgerOf(node('a', { runtime: 'simulated' }));
    expect(whyNot(request({ image: true }), ledger, 'a')).toEqual([]);
    expect(whyNot(request({ image: false }), ledger, 'a')).toEqual([]);
  });

  test('an unknown node has no reasons', () => expect(whyNot(request(), ledgerOf(), 'a')).toBeUndefined());

  test('what finds no place tells the least that is missing, and the rest of its batch shares that', () => {
    const ledger = ledgerOf(node('a'), node('b'), node('c', { capacity: { cpus: 8, mem: 100, disk: 0, gpus: 0 } }));
    const results = place(request({ cpus: 3 }), ids(4), ledger, { seed: 0 });
    const nowhere = { considered: 3, excluded: { cpus: 2, mem: 1 }, missing: { cpus: 2, mem: 28 } };
    expect(results.slice(2)).toEqual([
      { instance: 'i2', unplaceable: nowhere },
      { instance: 'i3', unplaceable: nowhere },
    ]);
    expect(rejectReasons(nowhere).filter(({ declined }) => declined > 0)).toEqual([
      { reason: 'InsufficientCpus', declined: 2 },
      { reason: 'InsufficientMemory', declined: 1 },
    ]);
    expect(rejectReasons(nowhere).map(({ reason }) => reason)).toEqual([
      'UnfulfilledRole',
      'UnfulfilledConstraint',
      'NoCorrespondingReservationFound',
      'AgentMaintenance',
      'InsufficientCpus',
      'InsufficientMemory',
      'InsufficientDisk',
      'InsufficientGpus',
      'InsufficientPorts',
      'DeclinedScarceResources',
    ]);
  });
});

describe('host ports', () => {
  const ports = (results: ReturnType<typeof place>) => results.map((result) => ('hostPorts' in result ? result.hostPorts : []));
  test('dynamic ones are consecutive, fixed ones exact, and none is given twice', () => {
    const ledger = ledgerOf(node('a'));
    expect(ports(place(request({ hostPorts: [0, 31_001, 0] }), ['i'], ledger, { seed: 0 }))).toEqual([[31_000, 31_001, 31_002]]);
    expect(ports(place(request({ hostPorts: [0, 0] }), ['j'], ledger, { seed: 0 }))).toEqual([[31_003, 31_004]]);
    expect(place(request({ hostPorts: [31_004] }), ['k'], ledger, { seed: 0 })).toMatchObject([
      { unplaceable: { excluded: { ports: 1 } } },
    ]);
  });
  test('one fixed port is had once per node', () => {
    const results = place(request({ hostPorts: [31_005] }), ids(3), ledgerOf(node('a'), node('b')), { seed: 0 });
    expect(nodesOf(results).map((id) => id !== undefined)).toEqual([true, true, false]);
  });
  test('a port that was given back rests until the others had their turn', () => {
    const ledger = ledgerOf(
      node('a', {
        portRanges: [
          [1, 2],
          [5, 5],
        ],
      }),
    );
    const given = ids(6).flatMap((id) => {
      const result = ports(place(request({ hostPorts: [0] }), [id], ledger, { seed: 0 }));
      ledger.remove(id);
      return result.flat();
    });
    expect(given).toEqual([1, 2, 5, 1, 2, 5]);
  });
  test('the same fixed port twice in one request fits nowhere', () =>
    expect(place(request({ hostPorts: [31_005, 31_005] }), ['i'], ledgerOf(node('a')), { seed: 0 })[0]).toHaveProperty('unplaceable'));
});
