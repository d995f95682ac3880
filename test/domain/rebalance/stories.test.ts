import { describe, expect, test } from 'vitest';
import { progressOf } from '../../../src/domain/rebalance/progress.ts';
import { rebalanceChart } from '../../../src/domain/rebalance/rebalance.chart.ts';
import { rebalanceNoun } from '../../../src/domain/rebalance/rebalance.decider.ts';
import type { RebalanceFact } from '../../../src/domain/rebalance/rebalance.facts.ts';
import { rebalance as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(rebalanceNoun);
const moving = [fact.RebalanceBegan()];
const half = [...moving, fact.MoveCompleted()];
const owedBy = (...facts: readonly RebalanceFact[]) =>
  rebalanceChart.owed(given(...facts).state as Parameters<typeof rebalanceChart.owed>[0]);

describe('a rebalance', () => {
  test('owes its moves until each is done or skipped', () => {
    expect(owedBy(...moving)).toMatchObject([{ type: 'move', params: { settled: [] } }]);
    expect(owedBy(...half)).toMatchObject([{ type: 'move', params: { settled: [0] } }]);
    expect(owedBy(...half, fact.MoveSkipped({ move: 1 }))).toEqual([]);
  });
  test('takes one end of a move, and none of a move that it does not have', () => {
    given(...half)
      .when({ type: 'ReportMoveSkipped', move: 0, because: 'too late' })
      .silence();
    given(...half)
      .when({ type: 'ReportMoveCompleted', move: 2, instance: 'i9', node: 'n9' })
      .silence();
  });
  test('that was aborted owes nothing, and one that never was cannot be', () => {
    given(...half)
      .when({ type: 'AbortRebalance', reason: 'asked for' })
      .then(fact.RebalanceAborted());
    expect(owedBy(...half, fact.RebalanceAborted())).toEqual([]);
    given().when({ type: 'AbortRebalance', reason: 'asked for' }).refused('not-found');
  });
  test('tells what became of each move', () => {
    expect(progressOf([])).toBeUndefined();
    expect(progressOf(half)).toMatchObject({
      state: 'moving',
      done: 1,
      skipped: 0,
      moves: [{ status: 'done', successor: 'i3', node: 'n2' }, { status: 'open' }],
    });
    expect(progressOf([...half, fact.RebalanceAborted()])).toMatchObject({
      state: 'aborted',
      moves: [{ status: 'done' }, { status: 'left' }],
    });
    expect(progressOf([...half, fact.MoveSkipped({ move: 1 })])).toMatchObject({ state: 'completed', skipped: 1 });
  });
});
