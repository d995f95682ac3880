import { describe, expect, test } from 'vitest';
import { place } from '../../../src/domain/placement/place.ts';
import { type Decided, retrace } from '../../../src/domain/placement/retrace.ts';
import { ranked, survey } from '../../../src/domain/placement/survey.ts';
import { ids, ledgerOf, node, request } from './support.ts';

const small = { capacity: { cpus: 0.5, mem: 4096, disk: 0, gpus: 0 } };
const pool = () => ledgerOf(node('a'), node('b', { schedulable: false }), node('c', small), node('d', { attributes: { rack: 'r' } }));

/** What would be recorded of the next placement. */
const decidedOn = (ledger: ReturnType<typeof pool>, ask = request()): Decided => {
  const [outcome] = place(ask, ['next'], ledger, { seed: 0 });
  if (outcome === undefined) throw new Error('nothing was placed');
  ledger.remove('next');
  if (!('node' in outcome)) return { ...outcome.unplaceable, excluded: { ...outcome.unplaceable.excluded } };
  const { considered, excluded, score } = outcome.explanation;
  return { node: outcome.node, considered, excluded: { ...excluded } as Record<string, number>, score: Math.round(score * 1000) / 1000 };
};

describe('a decision is retraced', () => {
  test('where the same numbers follow, with those that scored the same', () => {
    const decided = decidedOn(pool());
    expect(decided.excluded).toEqual({ maintenance: 1, cpus: 1 });
    const other = decided.node === 'a' ? 'd' : 'a';
    expect(retrace(decided, survey(request(), pool()))).toEqual({ how: 'exactly', tiedWith: [other], unsure: [], carried: 0 });
  });

  test.each<[string, Partial<Decided>]>([
    ['another score', { score: 0.9 }],
    ['another filter', { excluded: { maintenance: 1, mem: 1 } }],
    ['fewer turned away', { excluded: { cpus: 1 } }],
    ['more looked at than there are', { considered: 5 }],
    ['fewer looked at, though the search had not found enough', { considered: 3, excluded: { cpus: 1 } }],
    ['a node that would not do', { node: 'b' }],
    ['no node at all', { node: undefined as never }],
  ])('not with %s', (_, wrong) => {
    expect(retrace({ ...decidedOn(pool()), ...wrong }, survey(request(), pool()))).toBeUndefined();
  });

  test('not where another node was better', () => {
    const ledger = pool();
    ledger.add({ instance: 'x', app: '/x', node: 'a', cpus: 2, mem: 1, disk: 0, gpus: 0, ports: [] });
    const better = decidedOn(ledger);
    expect(better.node).toBe('d');
    expect(retrace({ ...better, node: 'a', score: 0.375 }, survey(request(), ledger))).toBeUndefined();
  });

  test('where nobody would do, by all of them', () => {
    const ask = request({ cpus: 5 });
    const decided = decidedOn(pool(), ask);
    expect(decided.node).toBeUndefined();
    expect(retrace(decided, survey(ask, pool()))).toMatchObject({ how: 'exactly' });
    expect(retrace({ ...decided, excluded: { cpus: 4 } }, survey(ask, pool()))).toBeUndefined();
  });

  test('in part where enough would do before all were looked at', () => {
    const ledger = ledgerOf(...ids(40, 'n').map((id) => node(id)));
    const decided = decidedOn(ledger);
    expect(decided.considered).toBe(14);
    const retraced = retrace(decided, survey(request(), ledger));
    expect(retraced?.how).toBe('sampled');
    expect(retraced?.unsure).toHaveLength(40);
  });

  test('of a batch with what turned a node away before, which is remembered', () => {
    const ask = request({ cpus: 0, constraints: [['rack', 'UNIQUE']], hostPorts: [31_000] });
    const make = () => {
      const ledger = ledgerOf(
        node('a', { attributes: { rack: 'r1' } }),
        node('b', { attributes: { rack: 'r1' } }),
        node('c', { attributes: { rack: 'r2' } }),
      );
      ledger.add({ instance: 'x', app: '/x', node: 'b', cpus: 0, mem: 1, disk: 0, gpus: 0, ports: [31_000] });
      return ledger;
    };
    const ledger = make();
    const [first, second] = place(ask, ['1', '2'], ledger, { seed: 0 });
    if (first === undefined || second === undefined || !('node' in first) || !('node' in second)) throw new Error('not placed');
    ledger.remove('2');
    const { considered, excluded, score } = second.explanation;
    const decided = {
      node: second.node,
      considered,
      excluded: { ...excluded } as Record<string, number>,
      score: Math.round(score * 1000) / 1000,
    };
    if (first.node !== 'a') return;
    expect(excluded).toEqual({ ports: 1, constraint: 1 });
    expect(retrace(decided, survey(ask, ledger))).toMatchObject({ how: 'exactly', carried: 1 });
  });
});

describe('what is left out of a survey', () => {
  test('a constraint by its field, a filter, or the score', () => {
    const ask = request({ constraints: [['rack', 'IS', 'r']] });
    const best = (without = {}) => ranked(survey(ask, pool(), without)).map((each) => each.node);
    expect(best()).toEqual(['d']);
    expect(best({ constraints: ['rack'] }).toSorted()).toEqual(['a', 'd']);
    expect(best({ filters: ['constraint', 'maintenance'] }).toSorted()).toEqual(['a', 'b', 'd']);
    expect(survey(ask, pool(), { score: true }).find((each) => each.node === 'd')?.score).toBe(0);
    expect(survey(ask, pool(), { filters: ['constraint'] })[0]?.verdicts.find(({ filter }) => filter === 'constraint')).toMatchObject({
      leftOut: true,
      passes: false,
    });
  });
});
