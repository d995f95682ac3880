import { describe, expect, test } from 'vitest';
import { place } from '../../../../src/domain/placement/place.ts';
import { partsOf, scoreFor } from '../../../../src/domain/placement/policies/weighed.ts';
import { needOf } from '../../../../src/domain/placement/request.ts';
import { ids, ledgerOf, node, request } from '../support.ts';
import { nodesOf, placement, stand } from './support.ts';

const pool = () => ledgerOf(node('a', { attributes: { disk: 'ssd' } }), node('b'), node('c'));
const row = (ledger: ReturnType<typeof pool>, id: string): number => ledger.rowOf(id) ?? -1;

describe('wishes', () => {
  test('what is preferred is taken while it lasts, and then what there is', () => {
    const ledger = pool();
    const asked = request({ cpus: 2, placement: placement({ prefer: [{ constraint: ['disk', 'IS', 'ssd'], weight: 1 }] }) });
    expect(nodesOf(place(asked, ids(3), ledger, { seed: 0 })).slice(0, 2)).toEqual(['a', 'a']);
    expect(nodesOf(place(asked, ids(3), ledger, { seed: 0 }))[2]).not.toBe('a');
  });

  test('the heavier wish wins', () => {
    const asked = (ssd: number, db: number) =>
      request({
        placement: placement({
          prefer: [{ constraint: ['disk', 'IS', 'ssd'], weight: ssd }],
          affinity: [{ app: '/db', weight: db }],
        }),
      });
    for (const [ssd, db, chosen] of [
      [10, 9, 'a'],
      [9, 10, 'b'],
    ] as const) {
      const ledger = pool();
      stand(ledger, '/db', 'b');
      expect(nodesOf(place(asked(ssd, db), ['i'], ledger, { seed: 0 }))).toEqual([chosen]);
    }
  });

  test('where nobody can be apart, few are better than many', () => {
    const ledger = pool();
    for (const id of ['a', 'a', 'b', 'c', 'c']) stand(ledger, '/batch', id);
    const asked = request({ placement: placement({ antiAffinity: [{ app: '/batch', weight: 1 }] }) });
    expect(nodesOf(place(asked, ['i'], ledger, { seed: 0 }))).toEqual(['b']);
  });

  test('a wish that is not met costs its weight; the policy weighs less than the lightest wish', () => {
    const ledger = pool();
    const need = needOf(request({ placement: placement({ prefer: [{ constraint: ['disk', 'IS', 'ssd'], weight: 7 }] }) }));
    const score = scoreFor(need);
    for (let count = 0; count < 30; count++) stand(ledger, '/web', 'a');
    expect(score(ledger, row(ledger, 'b'), need)).toBeCloseTo(7 + 0.125 / 1.125);
    expect(score(ledger, row(ledger, 'a'), need)).toBeLessThan(1);
  });

  test('each part of a score says what it is', () => {
    const ledger = pool();
    stand(ledger, '/batch', 'b');
    const need = needOf(
      request({
        placement: placement({
          policy: 'binpack',
          antiAffinity: [{ app: '/batch', weight: 4 }],
          prefer: [{ constraint: ['disk', 'IS', 'ssd'], weight: 7 }],
        }),
      }),
    );
    const parts = partsOf(ledger, row(ledger, 'b'), need);
    expect(parts).toEqual([
      { part: 'apart from /batch', weight: 4, unmet: 0.5, says: '@hostname is b.example, which holds 1 of /batch' },
      { part: 'disk IS ssd', weight: 7, unmet: 1, says: 'the node has no disk' },
      { part: 'binpack', weight: 1, unmet: 0.42, says: '73 % left unused afterwards' },
    ]);
    const sum = parts.reduce((so, { weight, unmet }) => so + weight * unmet, 0);
    expect(scoreFor(need)(ledger, row(ledger, 'b'), need)).toBeCloseTo(sum, 2);
  });
});

describe('the policy', () => {
  test('of an app goes before that of the cluster', () => {
    const packed = request({ placement: placement({ policy: 'binpack' }) });
    const spreadOut = request({ placement: placement({ policy: 'spread' }) });
    expect(new Set(nodesOf(place(packed, ids(3), pool(), { seed: 0 }))).size).toBe(1);
    expect(new Set(nodesOf(place(spreadOut, ids(3), pool(), { seed: 0, policy: 'binpack' }))).size).toBe(3);
    expect(new Set(nodesOf(place(request(), ids(3), pool(), { seed: 0, policy: 'binpack' }))).size).toBe(1);
  });
});
