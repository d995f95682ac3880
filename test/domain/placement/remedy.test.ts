import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../../src/domain/placement/change.ts';
import type { Node } from '../../../src/domain/placement/node.ts';
import { whyNot } from '../../../src/domain/placement/place.ts';
import { type Remedy, remediesOf } from '../../../src/domain/placement/remedy.ts';
import type { PlacementRequest } from '../../../src/domain/placement/request.ts';
import { asked, smallestOf, tryOut } from '../../../src/domain/placement/tryOut.ts';
import { placement } from './policies/support.ts';
import { ledgerOf, node, request } from './support.ts';

const held = (instance: string, fields: object = {}) => ({
  instance,
  app: '/api',
  node: 'a',
  cpus: 1,
  mem: 1,
  disk: 0,
  gpus: 0,
  ports: [],
  ...fields,
});
const textsOf = (remedies: readonly Remedy[] | undefined) => remedies?.flatMap(({ changes }) => changes.map(({ text }) => text));

describe('each filter that fails names what would mend it, the smallest first', () => {
  test('too little of a resource is lowered, or freed by the fewest', () => {
    const ledger = ledgerOf(node('a', { capacity: { cpus: 4, mem: 4096, disk: 0, gpus: 0 } }));
    ledger.add(held('small', { cpus: 0.5 }));
    ledger.add(held('large', { cpus: 3.2 }));
    expect(textsOf(remediesOf(request({ cpus: 0.8 }), ledger, 'a', false))).toEqual([
      'ask for 0.3 cpus instead of 0.8',
      'free cpus on a from 0.3 to 0.8, as by stopping small of /api',
    ]);
  });

  test('what a node does not have even when it stands empty cannot be freed', () => {
    expect(textsOf(remediesOf(request({ mem: 9000 }), ledgerOf(node('a')), 'a', false))).toEqual(['ask for 4096 mem instead of 9000']);
    expect(textsOf(remediesOf(request({ gpus: 1 }), ledgerOf(node('a')), 'a', false))).toEqual([]);
  });

  test.each<[string, Partial<PlacementRequest>, Partial<Node>, readonly string[]]>([
    ['a constraint is dropped', { constraints: [['rack', 'IS', 'a']] }, {}, ['drop the constraint rack IS a']],
    [
      'each of several broken constraints is one by itself',
      {
        constraints: [
          ['rack', 'IS', 'a'],
          ['disk', 'LIKE', 'ssd'],
        ],
      },
      {},
      ['drop the constraint rack IS a', 'drop the constraint disk LIKE ssd'],
    ],
    ['a role is accepted', {}, { roles: ['db'] }, ['have the role db and accept its resources']],
    ['a port outside of the ranges is given up', { hostPorts: [80] }, {}, ['ask for any port instead of 80']],
    ['a node of another kind cannot be mended', {}, { runtime: 'process' }, []],
  ])('%s', (_, ask, has, texts) => {
    expect(textsOf(remediesOf(request(ask), ledgerOf(node('a', has)), 'a', false))).toEqual(texts);
  });

  test('a limit per value is raised by what is there', () => {
    const ledger = ledgerOf(node('a', { attributes: { rack: 'r1' } }));
    for (const each of ['1', '2']) ledger.add(held(each, { app: '/web', cpus: 0 }));
    expect(textsOf(remediesOf(request({ constraints: [['rack', 'MAX_PER', '2']] }), ledger, 'a', false))).toEqual([
      'raise rack MAX_PER 2 to 3',
      'drop the constraint rack MAX_PER 2',
    ]);
  });

  test('a node that takes nothing new is uncordoned where it answers, and brought back where it does not', () => {
    const ledger = ledgerOf(node('a', { schedulable: false }));
    expect(textsOf(remediesOf(request(), ledger, 'a', true))).toEqual(['uncordon a']);
    expect(textsOf(remediesOf(request(), ledger, 'a', false))).toEqual(['bring a back: it does not answer']);
  });

  test('a port that somebody holds is named with whoever does', () => {
    const ledger = ledgerOf(node('a'));
    ledger.add(held('x', { cpus: 0, ports: [31_000, 31_001] }));
    expect(textsOf(remediesOf(request({ hostPorts: [31_000] }), ledger, 'a', false))).toEqual([
      'ask for any port instead of 31000',
      'free the ports that are held: 31000 by x of /api',
    ]);
  });

  test('one that would do needs nothing, and an unknown one is not spoken of', () => {
    expect(remediesOf(request(), ledgerOf(node('a')), 'a', false)).toEqual([]);
    expect(remediesOf(request(), ledgerOf(), 'a', false)).toBeUndefined();
  });
});

const amount = fc.integer({ min: 0, max: 60 }).map((tenths) => tenths / 10);
const arbitraryAsk = fc.record({
  cpus: amount,
  mem: fc.integer({ min: 0, max: 6000 }),
  disk: fc.integer({ min: 0, max: 1500 }),
  hostPorts: fc.array(fc.constantFrom(0, 0, 31_000, 31_001, 80), { maxLength: 3 }),
  acceptedResourceRoles: fc.constantFrom(['*'], ['db']),
  constraints: fc.uniqueArray(
    fc.constantFrom<readonly [string, string, string?]>(
      ['rack', 'UNIQUE'],
      ['rack', 'MAX_PER', '1'],
      ['rack', 'IS', 'r2'],
      ['disk', 'LIKE', 'ssd'],
      ['hostname', 'GROUP_BY'],
    ),
    { maxLength: 3, selector: (each) => each.join(' ') },
  ),
});
const arbitraryHeld = fc.array(
  fc.record({
    app: fc.constantFrom('/web', '/api'),
    cpus: amount,
    mem: fc.integer({ min: 0, max: 2000 }),
    disk: fc.constantFrom(0, 300),
    ports: fc.subarray([31_000, 31_001, 31_002]),
  }),
  { maxLength: 4 },
);

test('every change that is said to mend a filter does, alone; and the smallest ones together let it run', () => {
  fc.assert(
    fc.property(arbitraryAsk, arbitraryHeld, fc.boolean(), (ask, there, schedulable) => {
      const ledger = ledgerOf(node('a', { schedulable, attributes: { rack: 'r1' } }), node('b', { attributes: { rack: 'r2' } }));
      for (const [nth, each] of there.entries()) ledger.add({ ...each, instance: `i${nth}`, node: 'a', gpus: 0 });
      const wanted = request(ask);
      const before = JSON.stringify([ledger.freeOf('a'), ledger.node('a')]);
      const remedies = remediesOf(wanted, ledger, 'a', true) ?? [];
      for (const { filter, because, changes } of remedies)
        for (const change of changes) {
          const failed = applied(change, wanted, ledger).find((each) => each.filter === filter);
          if (filter === 'constraint') expect(failed?.because.split('; ') ?? []).not.toContain(because);
          else expect(failed).toBeUndefined();
        }
      const smallest = smallestOf(remedies, wanted, ledger, 'a');
      if (smallest !== undefined) expect(tryOut(smallest.changes, wanted, ledger, 'a')).toEqual([]);
      expect(JSON.stringify([ledger.freeOf('a'), ledger.node('a')])).toBe(before);
    }),
    { numRuns: 500 },
  );
});

/** By hand, beside the function that the answers use. */
const applied = (change: Change, wanted: PlacementRequest, ledger: ReturnType<typeof ledgerOf>) => {
  const stopped = ('stop' in change ? change.stop : []).flatMap((id) => ledger.reservation(id) ?? []);
  const was = ledger.node('a')?.schedulable ?? true;
  for (const { instance } of stopped) expect(ledger.remove(instance)).toBe(true);
  if (change.kind === 'uncordon') ledger.setSchedulable('a', true);
  const failed = whyNot(asked(wanted, change), ledger, 'a') ?? [];
  ledger.setSchedulable('a', was);
  for (const each of stopped) ledger.add(each);
  return failed;
};

describe('a rule about others', () => {
  test("is dropped where it is the app's own, or those go who are in the way", () => {
    const ledger = ledgerOf(node('a'));
    ledger.add(held('x', { app: '/db', cpus: 0 }));
    const apart = request({ placement: placement({ antiAffinity: [{ app: '/db' }] }) });
    expect(textsOf(remediesOf(apart, ledger, 'a', false))?.toSorted()).toEqual(['no longer ask to be apart from /db', 'stop x of /db']);
    const beside = request({ placement: placement({ affinity: [{ app: '/cache' }] }) });
    expect(textsOf(remediesOf(beside, ledger, 'a', false))).toEqual(['no longer ask to be beside /cache']);
  });

  test('of others cannot be dropped, but they can go', () => {
    const ledger = ledgerOf(node('a'));
    ledger.add(held('x', { app: '/db', cpus: 0 }));
    ledger.keepers.set('/db', placement({ antiAffinity: [{ app: '/web' }] }).antiAffinity);
    expect(textsOf(remediesOf(request(), ledger, 'a', false))).toEqual(['stop x of /db']);
  });
});
