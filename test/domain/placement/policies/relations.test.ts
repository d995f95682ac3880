import { describe, expect, test } from 'vitest';
import { place, whyNot } from '../../../../src/domain/placement/place.ts';
import { ids, ledgerOf, node, request } from '../support.ts';
import { nodesOf, placement, stand } from './support.ts';

const zones = () => ledgerOf(node('a1', { zone: 'a' }), node('a2', { zone: 'a' }), node('b1', { zone: 'b' }), node('c1'));

describe('beside', () => {
  const besideDb = (fields: object = {}) => request({ placement: placement({ affinity: [{ app: '/db', ...fields }] }) });

  test('an instance goes where the other app stands, and nowhere before it does', () => {
    const ledger = zones();
    expect(place(besideDb(), ['i'], ledger, { seed: 0 })).toMatchObject([{ unplaceable: { excluded: { affinity: 4 } } }]);
    stand(ledger, '/db', 'b1');
    expect(nodesOf(place(besideDb(), ids(2), ledger, { seed: 0 }))).toEqual(['b1', 'b1']);
  });

  test('by the value of a field, and a node that lacks it is none', () => {
    const ledger = zones();
    stand(ledger, '/db', 'a1');
    expect(nodesOf(place(besideDb({ field: '@zone' }), ids(2), ledger, { seed: 0 })).toSorted()).toEqual(['a1', 'a2']);
    expect(whyNot(besideDb({ field: '@zone' }), ledger, 'b1')).toEqual([
      { filter: 'affinity', reason: 'UnfulfilledConstraint', because: 'beside /db: @zone is b, which holds 0 of /db' },
    ]);
    expect(whyNot(besideDb({ field: '@zone' }), ledger, 'c1')).toMatchObject([{ because: 'beside /db: the node has no @zone' }]);
  });

  test('the place is gone with the last of them', () => {
    const ledger = zones();
    const [one, two] = [stand(ledger, '/db', 'a1'), stand(ledger, '/db', 'a1')];
    ledger.remove(one);
    expect(whyNot(besideDb(), ledger, 'a1')).toEqual([]);
    ledger.remove(two);
    expect(whyNot(besideDb(), ledger, 'a1')).toHaveLength(1);
  });

  test('the first of an app that stays together goes anywhere, the others follow; an older version binds nobody', () => {
    const ledger = zones();
    stand(ledger, '/web', 'c1', '/web old');
    const together = request({ cohort: '/web new', placement: placement({ affinity: [{ app: '/web', field: '@zone' }] }) });
    const chosen = nodesOf(place(together, ids(4), ledger, { seed: 0 })).map((id) => id?.[0]);
    expect(chosen).not.toContain('c');
    expect(new Set(chosen).size).toBe(1);
  });

  test('a group is all apps below it', () => {
    const ledger = zones();
    stand(ledger, '/shop/db', 'b1');
    stand(ledger, '/shopper', 'a1');
    const besideShop = request({ app: '/shop/web', placement: placement({ affinity: [{ app: '/shop/*' }] }) });
    expect(nodesOf(place(besideShop, ['i'], ledger, { seed: 0 }))).toEqual(['b1']);
  });
});

describe('apart', () => {
  const apart = (fields: object = {}) => request({ placement: placement({ antiAffinity: [{ app: '/batch', ...fields }] }) });

  test('an instance stays away from where the other app stands', () => {
    const ledger = zones();
    stand(ledger, '/batch', 'a1');
    expect(whyNot(apart({ field: '@zone' }), ledger, 'a2')).toEqual([
      {
        filter: 'anti-affinity',
        reason: 'UnfulfilledConstraint',
        because: 'apart from /batch: @zone is a, which holds 1 of /batch',
      },
    ]);
    expect(new Set(nodesOf(place(apart({ field: '@zone' }), ids(4), ledger, { seed: 0 })))).toEqual(new Set(['b1', 'c1']));
  });

  test('the other app stays away as well, though it has no rule of its own', () => {
    const ledger = zones();
    ledger.keepers.set('/web', apart().placement?.antiAffinity ?? []);
    stand(ledger, '/web', 'b1');
    expect(whyNot(request({ app: '/batch' }), ledger, 'b1')).toMatchObject([
      { filter: 'anti-affinity', because: '/web is to be apart from it: @hostname is b1.example, which holds 1 of /web' },
    ]);
    expect(whyNot(request({ app: '/other' }), ledger, 'b1')).toEqual([]);
    ledger.keepers.set('/web', []);
    expect(whyNot(request({ app: '/batch' }), ledger, 'b1')).toEqual([]);
  });

  test('a wish binds nobody else', () => {
    const ledger = zones();
    ledger.keepers.set('/web', apart({ weight: 100 }).placement?.antiAffinity ?? []);
    stand(ledger, '/web', 'b1');
    expect(whyNot(request({ app: '/batch' }), ledger, 'b1')).toEqual([]);
  });

  test('an app is kept apart from itself, one for each value, whatever stands there of an older version', () => {
    const ledger = zones();
    stand(ledger, '/web', 'a1', '/web old');
    const alone = request({ cohort: '/web new', placement: placement({ antiAffinity: [{ app: '/web', field: '@zone' }] }) });
    const chosen = nodesOf(place(alone, ids(3), ledger, { seed: 0 }));
    // Who lacks the field is apart from everybody.
    expect(chosen.map((id) => id?.[0]).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('of a group that an app is in itself, its older versions do not count', () => {
    const ledger = zones();
    stand(ledger, '/shop/web', 'a1', '/shop/web old');
    stand(ledger, '/shop/db', 'b1');
    const asked = request({
      app: '/shop/web',
      cohort: '/shop/web new',
      placement: placement({ antiAffinity: [{ app: '/shop/*', field: '@zone' }] }),
    });
    expect(whyNot(asked, ledger, 'a1')).toEqual([]);
    expect(whyNot(asked, ledger, 'b1')).toHaveLength(1);
  });

  test('a node that comes to stand elsewhere takes its residents along', () => {
    const ledger = zones();
    stand(ledger, '/batch', 'a1');
    expect(whyNot(apart({ field: '@zone' }), ledger, 'a2')).toHaveLength(1);
    ledger.setNode(node('a1', { zone: 'b' }));
    expect(whyNot(apart({ field: '@zone' }), ledger, 'a2')).toEqual([]);
    expect(whyNot(apart({ field: '@zone' }), ledger, 'b1')).toHaveLength(1);
  });
});
