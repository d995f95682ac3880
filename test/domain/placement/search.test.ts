import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FILTERS } from '../../../src/domain/placement/filters.ts';
import type { Ledger } from '../../../src/domain/placement/ledger.ts';
import { place } from '../../../src/domain/placement/place.ts';
import { needOf, type PlacementRequest } from '../../../src/domain/placement/request.ts';
import { retrace } from '../../../src/domain/placement/retrace.ts';
import { binPack, spread, weighted } from '../../../src/domain/placement/scores.ts';
import { Search } from '../../../src/domain/placement/search.ts';
import { survey } from '../../../src/domain/placement/survey.ts';
import { ids, ledgerOf, node, request } from './support.ts';

const racks = (nodes: number, count: number) => ids(nodes, 'n').map((id, at) => node(id, { attributes: { rack: `r${at % count}` } }));
const rackOf = (ledger: Ledger, id: string) => ledger.node(id)?.attributes.rack;
const nodesOf = (outcomes: ReturnType<typeof place>) => outcomes.flatMap((each) => ('node' in each ? [each.node] : []));

describe('nodes are looked at in groups', () => {
  test('those of another attribute are counted and not looked at one by one', () => {
    const ledger = ledgerOf(...racks(400, 4));
    const [outcome] = place(request({ constraints: [['rack', 'IS', 'r2']] }), ['i'], ledger, { seed: 0 });
    expect(outcome).toMatchObject({ explanation: { considered: 314, excluded: { constraint: 300 } } });
  });

  test('GROUP_BY fills the values that have the fewest first, so that it is even at any moment', () => {
    const ledger = ledgerOf(...racks(100, 10));
    const search = new Search(ledger, request({ instances: 100, cpus: 0.1, constraints: [['rack', 'GROUP_BY']] }));
    for (let turn = 1; turn <= 5; turn++) {
      search.place(ids(10, `${turn}-`), turn);
      const counts = [...ledger.cohort('/web').values('rack').values()];
      expect(counts).toEqual(Array.from({ length: 10 }, () => turn));
    }
  });

  test('a value that is used up is out with all of its nodes', () => {
    const ledger = ledgerOf(...racks(40, 4));
    const search = new Search(ledger, request({ constraints: [['rack', 'UNIQUE']] }));
    const outcomes = search.place(ids(5), 0);
    expect(new Set(nodesOf(outcomes).map((id) => rackOf(ledger, id))).size).toBe(4);
    expect(outcomes[3]).toMatchObject({ explanation: { considered: 40, excluded: { constraint: 30 } } });
    expect(outcomes[4]).toMatchObject({ unplaceable: { considered: 40, excluded: { constraint: 40 } } });
  });

  test('explanations with the same counts are one object', () => {
    const outcomes = place(request({ cpus: 0.1 }), ids(20), ledgerOf(node('x', { schedulable: false }), ...racks(10, 2)), { seed: 0 });
    const excluded = outcomes.map((each) => ('node' in each ? each.explanation.excluded : undefined));
    expect(new Set(excluded).size).toBe(1);
  });
});

describe('a class that found no place', () => {
  const full = () => {
    const ledger = ledgerOf(node('a'), node('b'), node('c', { attributes: { rack: 'r' } }));
    place(request({ app: '/other', cpus: 4 }), ids(3, 'o'), ledger, { seed: 0 });
    return ledger;
  };
  test('is not tried again until something is given back that is enough', () => {
    const ledger = full();
    ledger.add({ instance: 'small', app: '/small', node: 'a', cpus: 0, mem: 64, disk: 0, gpus: 0, ports: [] });
    const search = new Search(ledger, request({ cpus: 2 }));
    search.place(['i'], 0);
    expect(search.mayFit()).toBe(false);
    ledger.remove('small');
    expect(search.mayFit()).toBe(false);
    ledger.remove('o1');
    expect(search.mayFit()).toBe(true);
    expect(search.place(['i'], 0)).toMatchObject([{ instance: 'i', hostPorts: [] }]);
  });

  test('need not look at what was given back where the most of it is too little, and looks at what nobody has looked at', () => {
    const ledger = full();
    const search = new Search(ledger, request({ cpus: 3 }));
    search.place(['i'], 0);
    const since = ledger.grown.end;
    ledger.remove('o1');
    const relief = ledger.reliefSince(since);
    expect(relief).toEqual({ since, until: since + 1, most: [4000, 4_096_000, 1_000_000, 0] });
    ledger.add({ instance: 'two', app: '/two', node: 'b', cpus: 2, mem: 1, disk: 0, gpus: 0, ports: [] });
    ledger.add({ instance: 'three', app: '/two', node: 'a', cpus: 2, mem: 1, disk: 0, gpus: 0, ports: [] });
    ledger.add({ instance: 'four', app: '/two', node: 'c', cpus: 2, mem: 1, disk: 0, gpus: 0, ports: [] });
    expect(search.mayFit(0, ledger.reliefSince(since))).toBe(false);
    for (const each of ['two', 'three', 'four']) ledger.remove(each);
    expect(search.mayFit(0, ledger.reliefSince(ledger.grown.end))).toBe(true);
  });

  test('knows from another that asked for the same, and hears of a node that joined', () => {
    const ledger = full();
    new Search(ledger, request({ app: '/one' })).place(['i'], 0);
    const search = new Search(ledger, request({ app: '/two' }));
    expect(search.mayFit()).toBe(false);
    ledger.setNode(node('small', { capacity: { cpus: 0.5, mem: 64, disk: 0, gpus: 0 } }));
    expect(search.mayFit()).toBe(false);
    ledger.setNode(node('d'));
    expect(search.mayFit()).toBe(true);
  });

  test('may be let in by an instance of its own that went elsewhere', () => {
    const ledger = ledgerOf(node('a', { zone: 'z' }), node('b', { zone: 'z' }));
    const once = request({ cpus: 3, constraints: [['@zone', 'UNIQUE']] });
    const search = new Search(ledger, once);
    const [first] = search.place(['i', 'j'], 0);
    ledger.setSchedulable('node' in (first as object) ? (first as { node: string }).node : '', false);
    expect(search.place(['j'], 0)[0]).toHaveProperty('unplaceable');
    expect(search.mayFit()).toBe(false);
    ledger.remove('i');
    expect(search.mayFit()).toBe(true);
    expect(search.place(['j'], 0)[0]).toHaveProperty('node');
  });
});

describe('all or none', () => {
  test('where one finds no place nothing is held, and it is told how many would have', () => {
    const ledger = ledgerOf(node('a'), node('b'));
    expect(place(request({ cpus: 2 }), ids(5), ledger, { seed: 0, allOrNone: true })).toEqual(
      ids(5).map((instance) => ({ instance, unplaceable: { considered: 2, excluded: { cpus: 2 }, missing: { cpus: 2 }, fitting: 4 } })),
    );
    expect([ledger.reservations, ledger.freeOf('a')?.cpus]).toEqual([0, 4]);
    expect(nodesOf(place(request({ cpus: 2 }), ids(4), ledger, { seed: 0, allOrNone: true }))).toHaveLength(4);
  });
});

test('several scores are summed by weight, and the heaviest says where to begin', () => {
  const ledger = ledgerOf(node('a'), node('b'));
  const need = needOf(request());
  const both = weighted([
    { score: spread, weight: 1 },
    { score: binPack, weight: 3 },
  ]);
  expect(both(ledger, 0, need)).toBeCloseTo(0.125 + 3 * 0.75);
  expect([both.fullestFirst, weighted([]).fullestFirst]).toEqual([true, false]);
});

/** Sixteen nodes in four racks, so that they are looked at in lanes. */
const POOL = ids(16, 'n').map((id, at) =>
  node(id, {
    zone: `z${at % 2}`,
    attributes: at === 5 ? {} : { rack: `r${at % 4}` },
    capacity: { cpus: at % 3 === 0 ? 2 : 4, mem: at % 5 === 0 ? 1024 : 4096, disk: 1000, gpus: 0 },
    roles: at % 7 === 3 ? ['db'] : ['*'],
  }),
);
const ASKS: readonly PlacementRequest[] = [
  request({ app: '/plain', cpus: 0.5 }),
  request({ app: '/same', cpus: 0.5 }),
  request({ app: '/large', cpus: 2, mem: 1000 }),
  request({ app: '/ports', cpus: 0, hostPorts: [31_002, 0] }),
  request({ app: '/rack', constraints: [['rack', 'IN', '{r1,r2}']] }),
  request({ app: '/even', instances: 12, cpus: 1, constraints: [['rack', 'GROUP_BY']] }),
  request({
    app: '/two',
    instances: 9,
    constraints: [
      ['@zone', 'GROUP_BY', '2'],
      ['hostname', 'UNIQUE'],
    ],
  }),
  request({ app: '/one', constraints: [['rack', 'CLUSTER']] }),
  request({ app: '/few', constraints: [['rack', 'MAX_PER', '2']] }),
];
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('place' as const), ask: fc.nat(ASKS.length - 1), count: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'return' as const, 'cordon' as const), which: fc.nat(15) }) },
);

test('whatever happens in between, a search that remembers finds a place where there is one and only there, in the order that a survey retraces', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(spread, binPack), (steps, score) => {
      const ledger = ledgerOf(...POOL);
      const searches = ASKS.map((ask) => new Search(ledger, ask, { sample: 3, score }));
      const live: string[] = [];
      steps.forEach((each, at) => {
        if (each.do === 'place') {
          const [ask, search] = [ASKS[each.ask] as PlacementRequest, searches[each.ask] as Search];
          for (const instance of ids(each.count, `${at}-`)) {
            const before = survey(ask, ledger, {}, score);
            const would = before.filter(({ score: its }) => its !== undefined).map(({ node: id }) => id);
            const [outcome] = search.place([instance], at);
            if (outcome === undefined) throw new Error('no outcome');
            if ('node' in outcome) {
              live.push(instance);
              expect(would).toContain(outcome.node);
              const { considered, excluded, score: its } = outcome.explanation;
              const decided = {
                node: outcome.node,
                considered,
                excluded: excluded as Record<string, number>,
                score: Math.round(its * 1000) / 1000,
              };
              expect(retrace(decided, before, 3)).toBeDefined();
            } else expect(would).toEqual([]);
            expect(search.mayFit() || !POOL.some(({ id }) => isFeasible(ledger, id, ask))).toBe(true);
          }
        } else if (each.do === 'remove') {
          const [instance] = live.splice(each.which % Math.max(live.length, 1), 1);
          if (instance !== undefined) ledger.remove(instance);
        } else {
          const known = POOL[each.which] as (typeof POOL)[number];
          if (each.do === 'lose') ledger.removeNode(known.id);
          else if (each.do === 'return') ledger.setNode(known);
          else ledger.setSchedulable(known.id, false);
        }
        expect(ledger.overcommitted()).toEqual([]);
      });
    }),
    { numRuns: 150 },
  );
});

const isFeasible = (ledger: Ledger, id: string, ask: PlacementRequest): boolean => {
  const row = ledger.rowOf(id);
  return row !== undefined && FILTERS.every(({ passes }) => passes(ledger, row, needOf(ask)));
};
