import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnyMachineSnapshot, type AnyStateNode, initialTransition, transition } from 'xstate';
import type { Fold } from '../../../../src/domain/kernel/chart/chart.ts';
import { compileToTables } from '../../../../src/domain/kernel/chart/compile.ts';
import type { TimerElapsed } from '../../../../src/domain/kernel/chart/state.ts';
import { tableFold } from '../../../../src/domain/kernel/chart/tableFold.ts';
import { xstateFold } from '../../../../src/domain/kernel/chart/xstateFold.ts';
import type { Fact } from '../../../../src/domain/kernel/recorded.ts';
import { samplesOf } from '../../../support/facts.ts';
import { type AnyChart, type AnyState, everyChart, explore, keyOfState, partOf, strayTimersOf, timersOf } from '../../../support/walk.ts';

/** A chart is folded by tables; here XState itself, snapshot by snapshot, says whether they are right. */
type Pair = { readonly state: AnyState; readonly snapshot: AnyMachineSnapshot };
type Folds = { readonly chart: AnyChart; readonly table: Fold<unknown, Fact>; readonly xstate: Fold<unknown, Fact> };

const foldsOf = (chart: AnyChart): Folds => {
  const { tables } = compileToTables(chart.machine);
  return { chart, table: tableFold(tables), xstate: xstateFold(chart.machine, tables) };
};

const startOf = ({ chart, table }: Folds): Pair => {
  const [snapshot] = initialTransition(chart.machine);
  return { state: table.initial(), snapshot: snapshot as AnyMachineSnapshot };
};

const pathOfValue = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', '']] = Object.entries(value as object);
  return `${key}.${pathOfValue(inner)}`;
};

const eventOf = (chart: AnyChart, fact: Fact): { readonly type: string } => {
  if (fact.type !== 'TimerElapsed') return fact;
  const { node, timer } = fact as TimerElapsed;
  const waiting = node.split('.').reduce((at, key) => (at.states as Record<string, AnyStateNode>)[key] as AnyStateNode, chart.machine.root);
  return { type: `xstate.after.${timer}.${waiting.id}` };
};

/** Effects that XState would perform on this step, its own timers apart. */
const performedBy = (actions: readonly { readonly type: string; readonly params?: unknown }[]) =>
  actions.filter(({ type }) => !type.startsWith('xstate.')).map(({ type, params }) => ({ type, params: params ?? {} }));

/** Steps all three, asserts that they agree, and answers the pair after the step; undefined when all refuse. */
const stepAll = ({ chart, table, xstate }: Folds, { state, snapshot }: Pair, fact: Fact, at: number): Pair | undefined => {
  const byTable = table.step(state, fact, at);
  expect(byTable, `${fact.type} in ${state.value}`).toEqual(xstate.step(state, fact, at));
  const event = eventOf(chart, fact);
  expect(byTable !== undefined, `${fact.type} in ${state.value}`).toBe(snapshot.can(event as never));
  if (byTable === undefined) return undefined;
  const [after, actions] = transition(chart.machine, snapshot, event as never);
  expect(byTable.value).toBe(pathOfValue(after.value));
  expect(byTable.context).toEqual(after.context);
  const owedNow = chart.owed(byTable).filter(({ entryRevision }) => entryRevision === byTable.revision);
  expect(owedNow.map(({ type, params }) => ({ type, params }))).toEqual(performedBy(actions));
  expect(chart.isFinal(byTable)).toBe(after.status === 'done');
  return { state: byTable, snapshot: after as AnyMachineSnapshot };
};

const STATES_AT_MOST = 2_500;

test.for(everyChart)('$name: tables and XState agree on every fact and timer in every state reached', ({ noun, chart }) => {
  const folds = foldsOf(chart);
  const samples = samplesOf(noun.noun, chart.id);
  const start = startOf(folds);
  expect(start.state).toEqual(folds.xstate.initial());
  const reached = explore(
    start,
    ({ state }) => keyOfState(state),
    (pair) => {
      const at = 1_000 * (pair.state.revision + 2);
      for (const stray of strayTimersOf(pair.state)) {
        expect(folds.table.step(pair.state, stray, at)).toBeUndefined();
        expect(folds.xstate.step(pair.state, stray, at)).toBeUndefined();
      }
      return [...samples, ...timersOf(pair.state)].flatMap((fact) => stepAll(folds, pair, fact, at) ?? []);
    },
    STATES_AT_MOST,
    ({ state }) => partOf(state),
  );
  const values = new Set(reached.map(({ state }) => state.value));
  expect([...values].sort()).toEqual([...chart.leaves].sort());
});

test.for(everyChart)('$name: tables and XState agree on long random walks', ({ noun, chart }) => {
  const folds = foldsOf(chart);
  const samples = samplesOf(noun.noun, chart.id);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(10_000)), { minLength: 40, maxLength: 120 }), (choices) => {
      let pair = startOf(folds);
      let at = 0;
      for (const [choice, later] of choices) {
        at += later;
        const facts = [...samples, ...timersOf(pair.state)];
        pair = stepAll(folds, pair, facts[choice % facts.length] as Fact, at) ?? pair;
      }
    }),
    { numRuns: 25 },
  );
});

test.for(everyChart)('$name is folded by tables', ({ chart }) => {
  expect(chart.compiled).toEqual({ by: 'tables' });
});
