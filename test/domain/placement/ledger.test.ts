import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FILTERS } from '../../../src/domain/placement/filters.ts';
import type { Ledger } from '../../../src/domain/placement/ledger.ts';
import { place } from '../../../src/domain/placement/place.ts';
import { needOf, type PlacementRequest } from '../../../src/domain/placement/request.ts';
import { ids, ledgerOf, node, request } from './support.ts';

describe('the ledger', () => {
  const held = { instance: 'i', app: '/web', node: 'a', cpus: 0.1, mem: 0.2, disk: 3, gpus: 0, ports: [31_000] };

  test('a reservation counts once, and giving it back leaves what was before', () => {
    const ledger = ledgerOf(node('a'));
    const before = ledger.freeOf('a');
    expect([ledger.add(held), ledger.add(held), ledger.add({ ...held, instance: 'j', node: 'x' })]).toEqual([
      'added',
      'already',
      'unknown-node',
    ]);
    expect(ledger.freeOf('a')).toEqual({ cpus: 3.9, mem: 4095.8, disk: 997, gpus: 0, ports: 9 });
    expect([ledger.remove('i'), ledger.remove('i')]).toEqual([true, false]);
    expect(ledger.freeOf('a')).toEqual(before);
  });

  test('a cordoned node keeps what it has and takes nothing new', () => {
    const ledger = ledgerOf(node('a'));
    ledger.add(held);
    ledger.setSchedulable('a', false);
    expect(place(request(), ['j'], ledger, { seed: 0 })).toMatchObject([{ unplaceable: { excluded: { maintenance: 1 } } }]);
    ledger.setSchedulable('a', true);
    expect(place(request(), ['j'], ledger, { seed: 0 })).toMatchObject([{ node: 'a' }]);
  });

  test('a node that shrank below what it holds is told, and takes nothing', () => {
    const ledger = ledgerOf(node('a'));
    ledger.add({ ...held, cpus: 3 });
    ledger.setNode(node('a', { capacity: { cpus: 2, mem: 4096, disk: 1000, gpus: 0 } }));
    expect(ledger.overcommitted()).toEqual(['a']);
    expect(place(request(), ['j'], ledger, { seed: 0 })[0]).toHaveProperty('unplaceable');
  });

  test('instances on a node that is gone still count for constraints until they end', () => {
    const ledger = ledgerOf(node('a', { zone: 'z' }), node('b', { zone: 'z' }));
    ledger.add(held);
    ledger.removeNode('a');
    const once = request({ constraints: [['@zone', 'MAX_PER', '1']] });
    expect([ledger.size, ledger.node('a')]).toEqual([1, undefined]);
    expect(place(once, ['j'], ledger, { seed: 0 })[0]).toHaveProperty('unplaceable');
    ledger.remove('i');
    expect(place(once, ['j'], ledger, { seed: 0 })[0]).toMatchObject({ node: 'b' });
  });

  test('a node that comes back is as if it had never left', () => {
    const ledger = ledgerOf(node('a'));
    ledger.add(held);
    ledger.removeNode('a');
    ledger.setNode(node('a'));
    expect([ledger.size, ledger.freeOf('a')?.cpus, ledger.node('a')?.id]).toEqual([1, 3.9, 'a']);
    ledger.remove('i');
    expect(ledger.freeOf('a')?.cpus).toBe(4);
    expect(place(request(), ['j'], ledger, { seed: 0 })).toMatchObject([{ node: 'a' }]);
  });
});

const asked = fc.record({
  cpus: fc.constantFrom(0, 0.1, 0.25, 1, 1.5, 3),
  mem: fc.constantFrom(0, 64, 512, 1024.5, 3000),
  disk: fc.constantFrom(0, 100, 600),
  image: fc.boolean(),
  app: fc.constantFrom('/a', '/b'),
  hostPorts: fc.constantFrom<readonly number[]>([], [0], [0, 0, 0], [31_002], [31_002, 0]),
  constraints: fc.constantFrom<PlacementRequest['constraints']>(
    [],
    [['hostname', 'UNIQUE']],
    [['@zone', 'GROUP_BY', '2']],
    [['rack', 'MAX_PER', '2']],
    [['rack', 'CLUSTER']],
  ),
});
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('place' as const), asked, count: fc.integer({ min: 1, max: 6 }), seed: fc.nat(99) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'return' as const, 'cordon' as const), which: fc.nat(5) }) },
);

const SIX = ids(6, 'n').map((id, at) =>
  node(id, {
    zone: `z${at % 2}`,
    attributes: at === 5 ? {} : { rack: `r${at % 3}` },
    runtime: at % 3 === 0 ? 'simulated' : at % 3 === 1 ? 'docker' : 'process',
  }),
);

/** The truth, by looking at every node with every filter. */
const isFeasibleSomewhere = (ledger: Ledger, wanted: PlacementRequest): boolean =>
  SIX.some(({ id }) => {
    const row = ledger.rowOf(id);
    return row !== undefined && FILTERS.every(({ passes }) => passes(ledger, row, needOf(wanted)));
  });

const free = (ledger: Ledger) => SIX.map(({ id }) => ledger.freeOf(id));

test('whatever is asked, lost and given back: reserved stays within capacity, ports are distinct, no feasible node is missed, and giving all back restores all', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ledger = ledgerOf(...SIX);
      const fresh = free(ledger);
      const live: string[] = [];
      steps.forEach((each, at) => {
        if (each.do === 'place') {
          const wanted = request(each.asked);
          for (const instance of ids(each.count, `${at}-`)) {
            const feasible = isFeasibleSomewhere(ledger, wanted);
            const [result] = place(wanted, [instance], ledger, { seed: each.seed, sample: 2 });
            expect(result !== undefined && 'node' in result).toBe(feasible);
            if (feasible) live.push(instance);
          }
        } else if (each.do === 'remove') {
          const [instance] = live.splice(each.which % Math.max(live.length, 1), 1);
          if (instance !== undefined) ledger.remove(instance);
        } else {
          const known = SIX[each.which];
          if (known === undefined) return;
          if (each.do === 'lose') ledger.removeNode(known.id);
          else if (each.do === 'return') ledger.setNode(known);
          else ledger.setSchedulable(known.id, false);
        }
        expect(ledger.overcommitted()).toEqual([]);
        const ports = live.flatMap((instance) => {
          const reservation = ledger.reservation(instance);
          return (reservation?.ports ?? []).map((port) => `${reservation?.node}:${port}`);
        });
        expect(new Set(ports).size).toBe(ports.length);
      });
      for (const instance of live) ledger.remove(instance);
      for (const each of SIX) ledger.setNode(each);
      expect(free(ledger)).toEqual(fresh);
      expect(ledger.reservations).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('placing and removing is as if nothing had been, whichever batch', () => {
  fc.assert(
    fc.property(asked, fc.integer({ min: 1, max: 12 }), fc.nat(1000), (fields, count, seed) => {
      const ledger = ledgerOf(...SIX);
      const before = free(ledger);
      place(request(fields), ids(count), ledger, { seed });
      expect(ledger.overcommitted()).toEqual([]);
      for (const instance of ids(count)) ledger.remove(instance);
      expect(free(ledger)).toEqual(before);
    }),
  );
});
