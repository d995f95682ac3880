import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppPlacement } from '../../../../src/domain/app/definition/placement.ts';
import { FILTERS, firstFailing } from '../../../../src/domain/placement/filters.ts';
import type { Ledger } from '../../../../src/domain/placement/ledger.ts';
import { fieldOf } from '../../../../src/domain/placement/node.ts';
import { scoreFor } from '../../../../src/domain/placement/policies/weighed.ts';
import { needOf, type PlacementRequest } from '../../../../src/domain/placement/request.ts';
import { Search } from '../../../../src/domain/placement/search.ts';
import { ids, ledgerOf, node, request } from '../support.ts';
import { placement } from './support.ts';

/* Apps with rules about each other, on a pool of racks, while instances come and go. */

const APPS = ['/a', '/b', '/g/c', '/g/d'];
const target = fc.constantFrom(...APPS, '/g/*', '/*');
const field = fc.constantFrom('@hostname', '@zone', 'rack');
const weight = fc.integer({ min: 1, max: 100 });
const hard = fc.array(fc.record({ app: target, field }), { maxLength: 2 });
const soft = fc.array(fc.record({ app: target, field, weight }), { maxLength: 2 });
const prefer = fc.array(
  fc.record({
    constraint: fc.constantFrom(['rack', 'IS', 'r1'], ['@zone', 'MAX_PER', '2'], ['disk', 'LIKE', 's.*'], ['@hostname', 'UNIQUE']),
    weight,
  }),
  { maxLength: 2 },
);

const anyPlacement = fc
  .record({ policy: fc.constantFrom('spread', 'binpack'), affinity: hard, antiAffinity: hard, wishes: soft, apart: soft, prefer })
  .map(({ policy, affinity, antiAffinity, wishes, apart, prefer: preferred }) =>
    placement({ policy, affinity: [...affinity, ...wishes], antiAffinity: [...antiAffinity, ...apart], prefer: preferred }),
  );

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ app: fc.nat(APPS.length - 1), count: fc.integer({ min: 1, max: 6 }), gang: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ end: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ cordon: fc.nat(100) }) },
);

const pool = (nodes: number, racks: number): Ledger =>
  ledgerOf(
    ...ids(nodes, 'n').map((id, nth) =>
      node(id, {
        zone: `z${nth % 2}`,
        // One in seven has no rack.
        attributes: { ...(nth % 7 !== 6 && { rack: `r${nth % racks}` }), ...(nth % 11 === 0 && { disk: 'ssd' }) },
      }),
    ),
  );

const asked = (app: string, rules: AppPlacement): PlacementRequest =>
  request({ app, cohort: `${app} v1`, cpus: 0.5, instances: 20, placement: rules });

const feasible = (ledger: Ledger, search: Search): readonly number[] =>
  [...ledger.rows()].filter((row) => firstFailing(ledger, row, search.need) === undefined);

const unmet = (ledger: Ledger, row: number, { need }: Search): number =>
  need.wishes.reduce((sum, wish) => sum + wish.weight * wish.unmet(ledger, ledger.valueOf(row, wish.field), need), 0);

test.each([
  [12, 3],
  [90, 5],
])('with %i nodes a place breaks no rule of anybody, none is missed, and no node would meet more wishes', (nodes, racks) => {
  fc.assert(
    fc.property(fc.tuple(...APPS.map(() => anyPlacement)), fc.array(step, { maxLength: 25 }), (placements, steps) => {
      const ledger = pool(nodes, racks);
      APPS.forEach((app, nth) => {
        ledger.keepers.set(app, placements[nth]?.antiAffinity ?? []);
      });
      const searches = APPS.map((app, nth) => new Search(ledger, asked(app, placements[nth] as AppPlacement)));
      const standing = new Map<string, { readonly app: number; readonly row: number }>();
      let made = 0;
      for (const each of steps) {
        if ('end' in each) {
          const id = [...standing.keys()][each.end % Math.max(standing.size, 1)];
          if (id !== undefined) ledger.remove(id);
          standing.delete(id ?? '');
        } else if ('cordon' in each) {
          const id = `n${each.cordon % nodes}`;
          ledger.setSchedulable(id, ledger.node(id)?.schedulable !== true);
        } else {
          const search = searches[each.app] as Search;
          const wanted = ids(each.count, `i${made++}-`);
          for (const group of each.gang ? [wanted] : wanted.map((id) => [id])) {
            const could = each.gang ? [] : feasible(ledger, search);
            const least = Math.min(...could.map((row) => unmet(ledger, row, search)));
            const scores = could.map((row) => scoreFor(search.need)(ledger, row, search.need));
            const before = new Map(could.map((row) => [row, unmet(ledger, row, search)]));
            const outcomes = search.place(group, made, each.gang);
            const placed = outcomes.filter((one) => 'node' in one);
            if (each.gang) expect([0, group.length]).toContain(placed.length);
            else expect(placed.length).toBe(could.length === 0 ? 0 : 1);
            for (const one of placed) {
              const row = ledger.rowOf(one.node) as number;
              standing.set(one.instance, { app: each.app, row });
              if (each.gang) continue;
              expect(could).toContain(row);
              expect(before.get(row)).toBeLessThan(least + 1);
              if (could.length <= 14) expect(one.explanation.score).toBeCloseTo(Math.min(...scores), 9);
            }
          }
        }
      }
      // Whoever came first or second: nobody stands where somebody else's rule or his own keeps him apart.
      for (const [, one] of standing)
        for (const [, other] of standing)
          for (const rule of placements[one.app]?.antiAffinity ?? []) {
            if (one === other || rule.weight !== undefined) continue;
            const means = rule.app.endsWith('/*')
              ? (APPS[other.app] as string).startsWith(rule.app.slice(0, -1))
              : APPS[other.app] === rule.app;
            const [here, there] = [fieldOf(ledger.at(one.row), rule.field), fieldOf(ledger.at(other.row), rule.field)];
            if (means && here !== undefined) expect(here).not.toBe(there);
          }
    }),
    { numRuns: 150 },
  );
});

test('a class that goes on learns of the rules that others come to have, and lose', () => {
  const ledger = pool(2, 2);
  const search = new Search(ledger, request({ app: '/b', cpus: 0.5 }));
  ledger.add({ instance: 'x', app: '/a', node: 'n0', cpus: 0.1, mem: 1, disk: 0, gpus: 0, ports: [] });
  ledger.add({ instance: 'y', app: '/a', node: 'n1', cpus: 0.1, mem: 1, disk: 0, gpus: 0, ports: [] });
  expect(search.place(['i'], 0)).toMatchObject([{ node: expect.any(String) }]);
  ledger.keepers.set('/a', placement({ antiAffinity: [{ app: '/b' }] }).antiAffinity);
  expect(search.place(['j'], 1)).toMatchObject([{ unplaceable: { excluded: { 'anti-affinity': 2 } } }]);
  expect(search.mayFit()).toBe(false);
  ledger.remove('y');
  expect(search.mayFit()).toBe(true);
  expect(search.place(['j'], 1)).toMatchObject([{ node: 'n1' }]);
  ledger.keepers.set('/a', []);
  expect(search.mayFit()).toBe(true);
});

test('explanations count every node of which was decided', () => {
  const ledger = pool(40, 4);
  for (const id of ['n1', 'n5']) ledger.add({ instance: `db ${id}`, app: '/db', node: id, cpus: 1, mem: 1, disk: 0, gpus: 0, ports: [] });
  const beside = (of: string) => request({ cpus: 0.1, placement: placement({ affinity: [{ app: '/db', field: of }] }) });
  expect(new Search(ledger, beside('@hostname')).place(['i'], 0)).toMatchObject([
    { node: expect.stringMatching(/^n[15]$/), explanation: { considered: 40, excluded: { affinity: 38 } } },
  ]);
  const [inRack] = new Search(ledger, beside('rack')).place(['j'], 0);
  const turned = [...ledger.rows()].filter((row) => firstFailing(ledger, row, needOf(beside('rack')))?.name === 'affinity').length;
  expect(inRack).toMatchObject({ explanation: { excluded: { affinity: turned } } });
  expect(FILTERS.map(({ name }) => name)).toContain('affinity');
});
