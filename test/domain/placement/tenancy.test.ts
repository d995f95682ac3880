import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../../src/domain/placement/ledger.ts';
import { servedNext } from '../../../src/domain/placement/order.ts';
import { place, whyNot } from '../../../src/domain/placement/place.ts';
import type { PlacementRequest } from '../../../src/domain/placement/request.ts';
import { Search } from '../../../src/domain/placement/search.ts';
import { request as anyRequest, ids, ledgerOf, node } from './support.ts';

/* Nodes have four cores, and cores are all that is asked for. */

const request = (fields: Partial<PlacementRequest> = {}): PlacementRequest => anyRequest({ mem: 0, ...fields });

const of = (role: string, fields: Partial<PlacementRequest> = {}): PlacementRequest =>
  request({ app: `/${role}`, role, acceptedResourceRoles: [role], ...fields });
const put = (ledger: Ledger, what: PlacementRequest, count: number, prefix = what.app): number =>
  place(what, ids(count, `${prefix} `), ledger, { seed: 0 }).filter((outcome) => 'node' in outcome).length;

describe('what a node keeps for a role', () => {
  const keeping = () => ledgerOf(node('n1', { reserved: { dev: { cpus: 3 } } }));

  test('is for nobody else, however free it is', () => {
    const ledger = keeping();
    expect(put(ledger, request(), 4)).toBe(1);
    expect(put(ledger, of('ops', { acceptedResourceRoles: ['*', 'ops'] }), 1)).toBe(0);
    expect(whyNot(request({ cpus: 2 }), keeping(), 'n1')).toMatchObject([
      {
        filter: 'reservation',
        reason: 'NoCorrespondingReservationFound',
        because: 'wants 2 cpus, 1 left for *; the node keeps 3 cpus for dev',
      },
    ]);
  });

  test('is for apps of the role that accept it; those that do not take what is everyone’s', () => {
    const ledger = keeping();
    expect(put(ledger, of('dev', { acceptedResourceRoles: ['*'] }), 4, 'open')).toBe(1);
    expect(put(ledger, of('dev'), 4)).toBe(3);
  });

  test('is drawn on first, and then what is everyone’s where that is accepted', () => {
    const ledger = keeping();
    expect(put(ledger, of('dev', { acceptedResourceRoles: ['*', 'dev'] }), 2)).toBe(2);
    expect(put(ledger, request(), 4)).toBe(1);
    expect(put(ledger, of('dev', { acceptedResourceRoles: ['*', 'dev'] }), 4, 'more')).toBe(1);
  });

  test('is given back when its last holder has gone, and may be given up', () => {
    const ledger = keeping();
    put(ledger, of('dev'), 3);
    ledger.remove('/dev 0');
    expect(put(ledger, request(), 4)).toBe(1);
    ledger.setNode(node('n1'));
    expect(put(ledger, request(), 4, 'later')).toBe(1);
    expect(put(ledger, of('dev'), 1, 'too late')).toBe(0);
    expect(whyNot(of('dev'), ledger, 'n1')?.map(({ filter }) => filter)).toContain('role');
  });

  test('is never another’s, in whatever order they come and go', () => {
    const step = fc.record({
      who: fc.constantFrom('*', 'dev', 'ops'),
      accepts: fc.constantFrom('own', 'both', 'open'),
      cpus: fc.constantFrom(0.5, 1, 1.5, 2),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = ledgerOf(
          node('n1', { reserved: { dev: { cpus: 2 } } }),
          node('n2', { reserved: { dev: { cpus: 1 }, ops: { cpus: 2 } } }),
        );
        const there: { readonly id: string; readonly what: PlacementRequest }[] = [];
        steps.forEach(({ who, accepts, cpus, leaves }, nth) => {
          if (leaves) {
            const gone = there.splice(nth % Math.max(1, there.length), 1)[0];
            if (gone !== undefined) ledger.remove(gone.id);
            return;
          }
          const acceptedResourceRoles = who === '*' || accepts === 'open' ? ['*'] : accepts === 'own' ? [who] : ['*', who];
          const what = request({ app: `/${who}`, cohort: `${who} ${accepts} ${cpus}`, role: who, acceptedResourceRoles, cpus });
          const [outcome] = place(what, [`i${nth}`], ledger, { seed: nth });
          if (outcome !== undefined && 'node' in outcome) there.push({ id: `i${nth}`, what });
        });
        for (const [id, kept] of [
          ['n1', { dev: 2 }],
          ['n2', { dev: 1, ops: 2 }],
        ] as const) {
          const held = ledger.heldOn(id).map(({ instance }) => there.find((each) => each.id === instance)?.what as PlacementRequest);
          const sum = (some: readonly PlacementRequest[]): number => some.reduce((so, { cpus }) => so + cpus, 0);
          const roles: Readonly<Record<string, number>> = kept;
          let open = sum(held.filter(({ role = '', acceptedResourceRoles }) => !acceptedResourceRoles.includes(role) || role === '*'));
          for (const role of ['dev', 'ops']) {
            const own = held.filter((each) => each.role === role && each.acceptedResourceRoles.includes(role));
            expect(sum(own.filter(({ acceptedResourceRoles }) => !acceptedResourceRoles.includes('*')))).toBeLessThanOrEqual(
              roles[role] ?? 0,
            );
            open += Math.max(0, sum(own) - (roles[role] ?? 0));
          }
          expect(open).toBeLessThanOrEqual(4 - Object.values(roles).reduce((so, amount) => so + amount, 0));
        }
        expect(ledger.overcommitted()).toEqual([]);
        // The account is the same in whatever order it is filled.
        const again = ledgerOf(
          node('n1', { reserved: { dev: { cpus: 2 } } }),
          node('n2', { reserved: { dev: { cpus: 1 }, ops: { cpus: 2 } } }),
        );
        for (const { id } of there.toReversed()) again.add(ledger.reservation(id) as NonNullable<ReturnType<Ledger['reservation']>>);
        for (const row of [0, 1])
          for (const role of ['dev', 'ops']) expect(again.shares.left(row, role, 0)).toBe(ledger.shares.left(row, role, 0));
        for (const role of ['*', 'dev', 'ops']) expect(again.tenants.share(role)).toBe(ledger.tenants.share(role));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a quota', () => {
  const pool = () => ledgerOf(node('n1'), node('n2'));
  const dev = (fields: Partial<PlacementRequest> = {}) => of('dev', { acceptedResourceRoles: ['*'], ...fields });

  test('keeps a role from having more than its limit, and says so', () => {
    const ledger = pool();
    ledger.tenants.setQuota('dev', { guarantee: {}, limit: { cpus: 3 } });
    const search = new Search(ledger, dev());
    const outcomes = search.place(ids(5), 0);
    expect(outcomes.map((outcome) => ('node' in outcome ? 'placed' : outcome.unplaceable.excluded))).toEqual([
      'placed',
      'placed',
      'placed',
      { quota: 2 },
      { quota: 2 },
    ]);
    expect(whyNot(dev(), ledger, 'n1')).toMatchObject([
      { filter: 'quota', because: 'role dev may have 3 cpus and has 3; one more wants 1' },
    ]);
    expect(search.mayFit()).toBe(false);
    expect(put(ledger, request(), 5)).toBe(5);
    ledger.remove('i0');
    expect(search.mayFit()).toBe(true);
    expect('node' in (search.place(['i3'], 9)[0] ?? {})).toBe(true);
    expect(search.mayFit()).toBe(true);
    ledger.tenants.setQuota('dev', undefined);
    expect('node' in (search.place(['i4'], 10)[0] ?? {})).toBe(false);
  });

  test('holds back from others what a role is promised and does not have', () => {
    const ledger = pool();
    ledger.tenants.setQuota('dev', { guarantee: { cpus: 3 }, limit: {} });
    expect(put(ledger, request(), 8)).toBe(5);
    expect(whyNot(request(), ledger, 'n1')).toMatchObject([
      { filter: 'quota', because: '3 cpus of the 3 that are free are promised to dev' },
    ]);
    expect(put(ledger, dev(), 3)).toBe(3);
  });

  test('is no promise of more than one role can be given: whoever is within his own is served', () => {
    const ledger = pool();
    ledger.tenants.setQuota('dev', { guarantee: { cpus: 8 }, limit: {} });
    ledger.tenants.setQuota('ops', { guarantee: { cpus: 8 }, limit: {} });
    expect(put(ledger, dev(), 1)).toBe(1);
    expect(put(ledger, of('ops', { acceptedResourceRoles: ['*'] }), 1)).toBe(1);
    expect(put(ledger, request(), 1)).toBe(0);
  });
});

describe('who is served next', () => {
  const waiting = (role: string, priority?: number) => ({ definition: { role, ...(priority !== undefined && { priority }) } });

  test('by priority, then whose role has the smallest share by its weight', () => {
    const ledger = ledgerOf(node('n1'), node('n2'));
    put(ledger, of('dev', { acceptedResourceRoles: ['*'] }), 2);
    put(ledger, of('ops', { acceptedResourceRoles: ['*'] }), 3);
    const [dev, ops, high] = [waiting('dev'), waiting('ops'), waiting('ops', 1)];
    expect(servedNext([ops, dev], ledger.tenants)).toBe(dev);
    ledger.tenants.setWeight('ops', 2);
    expect(servedNext([dev, ops], ledger.tenants)).toBe(ops);
    expect(servedNext([dev, ops, high], ledger.tenants)).toBe(high);
    expect(servedNext([dev, waiting('dev')], ledger.tenants)).toBe(dev);
    expect(servedNext([], ledger.tenants)).toBeUndefined();
  });

  test('before all others those that have less than they are promised', () => {
    const ledger = ledgerOf(node('n1'));
    ledger.tenants.setQuota('dev', { guarantee: { cpus: 1 }, limit: {} });
    const [dev, high] = [waiting('dev'), waiting('ops', 9)];
    expect(servedNext([high, dev], ledger.tenants)).toBe(dev);
    put(ledger, of('dev', { acceptedResourceRoles: ['*'] }), 1);
    expect(servedNext([high, dev], ledger.tenants)).toBe(high);
  });

  test('shares dominant resources as the rule of dominant resource fairness has it', () => {
    // 9 cores and 18 GiB; one asks for 1 core and 4 GiB, the other for 3 cores and 1 GiB: 3 and 2 of them, 2/3 of the dominant one each.
    const ledger = ledgerOf(node('n1', { capacity: { cpus: 9, mem: 18, disk: 0, gpus: 0 } }));
    const asks = {
      a: { ...waiting('a'), what: of('a', { acceptedResourceRoles: ['*'], cpus: 1, mem: 4 }) },
      b: { ...waiting('b'), what: of('b', { acceptedResourceRoles: ['*'], cpus: 3, mem: 1 }) },
    };
    const counts = { a: 0, b: 0 };
    let open: readonly ('a' | 'b')[] = ['a', 'b'];
    for (let nth = 0; open.length > 0; nth++) {
      const next = servedNext(
        open.map((name) => ({ ...asks[name], name })),
        ledger.tenants,
      );
      if (next === undefined) break;
      if (put(ledger, next.what, 1, `${next.name}${nth}`) === 1) counts[next.name] += 1;
      else open = open.filter((name) => name !== next.name);
    }
    expect(counts).toEqual({ a: 3, b: 2 });
    expect(ledger.tenants.dominant('a')).toEqual({ share: 12 / 18, resource: 'mem' });
    expect(ledger.tenants.dominant('b')).toEqual({ share: 6 / 9, resource: 'cpus' });
  });
});
