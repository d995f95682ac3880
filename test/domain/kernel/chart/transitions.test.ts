import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { chartOf } from '../../../../src/domain/kernel/chart/chart.ts';
import { compileToTables } from '../../../../src/domain/kernel/chart/compile.ts';
import type { ChartState } from '../../../../src/domain/kernel/chart/state.ts';
import { xstateFold } from '../../../../src/domain/kernel/chart/xstateFold.ts';
import type { Fact } from '../../../../src/domain/kernel/recorded.ts';

/** Every kind of transition that a domain chart may have, some of which no noun uses yet. */
const machine = setup({
  types: { context: {} as { n: number; at: number }, events: {} as Fact & { by?: number } },
  actions: {
    owe: (_, _params: { n: number }) => {},
    add: assign({ n: ({ context, event }) => context.n + (event.by ?? 1) }),
    addGiven: assign({ n: ({ context }, params: { by: number }) => context.n + params.by }),
  },
  guards: { isMany: ({ context }) => context.n > 2, isOver: ({ context }, params: { limit: number }) => context.n > params.limit },
  delays: { growing: ({ context }) => context.n * 100, fixed: 40 },
}).createMachine({
  id: 'every.v1',
  context: { n: 1, at: 0 },
  initial: 'outer',
  on: { Reset: '.outer', Ended: '.ended' },
  states: {
    outer: {
      entry: { type: 'owe', params: ({ context }) => ({ n: context.n }) },
      initial: 'one',
      after: { growing: '#away', 70: [{ guard: 'isMany', target: '#away' }, { target: '.two' }] },
      on: {
        Added: { actions: ['add', { type: 'addGiven', params: { by: 10 } }] },
        Refreshed: { target: 'outer' },
        Reentered: { target: 'outer', reenter: true },
        Stepped: { target: '.two' },
        SteppedAnew: { target: '.two', reenter: true },
        Guarded: [
          { guard: { type: 'isOver', params: { limit: 5 } }, target: '#away' },
          { guard: 'isMany', target: '.two' },
        ],
      },
      states: {
        one: { after: { fixed: 'two' }, on: { Forbidden: {}, Guarded: { guard: 'isMany', target: 'two', actions: 'add' }, Again: 'one' } },
        two: { initial: 'deep', states: { deep: { on: { Again: { target: 'deep', reenter: true } } } } },
      },
    },
    away: { id: 'away', on: { Stepped: 'outer.two', Forbidden: 'ended' } },
    ended: { type: 'final' },
  },
});

const chart = chartOf<{ n: number; at: number }, Fact>(machine);
const byXstate = xstateFold<{ n: number; at: number }, Fact>(machine, compileToTables(machine).tables);
const EVENTS = ['Added', 'Refreshed', 'Reentered', 'Stepped', 'SteppedAnew', 'Guarded', 'Forbidden', 'Again', 'Reset', 'Ended'];

test('every kind of transition is stepped as XState steps it, on all paths of four facts and timers', () => {
  expect(chart.compiled).toEqual({ by: 'tables' });
  let states: readonly ChartState<{ n: number; at: number }>[] = [chart.initial()];
  expect(states).toEqual([byXstate.initial()]);
  let steps = 0;
  for (let depth = 0; depth < 4; depth++) {
    states = states.flatMap((state) => {
      const timers = state.active.flatMap(({ node, revision, timers }) =>
        timers.map(({ key }) => ({ type: 'TimerElapsed' as const, node, entryRevision: revision, timer: key })),
      );
      return [...EVENTS.map((type): Fact => ({ type })), ...timers].flatMap((fact) => {
        const at = 1_000 * (state.revision + 2);
        const next = chart.step(state, fact, at);
        expect(next, `${fact.type} in ${state.value}`).toEqual(byXstate.step(state, fact, at));
        steps++;
        return next ?? [];
      });
    });
  }
  expect(steps).toBeGreaterThan(1_000);
});

test('a transition to itself re-enters only when it says so', () => {
  const step = (type: string) => chart.step(chart.initial(), { type }, 5)?.active.map(({ node, revision }) => [node, revision]);
  expect(step('Refreshed')).toEqual([
    ['outer', -1],
    ['outer.one', 0],
  ]);
  expect(step('Reentered')).toEqual([
    ['outer', 0],
    ['outer.one', 0],
  ]);
});

test('an empty transition forbids what an outer state would take', () => {
  expect(chart.step(chart.initial(), { type: 'Forbidden' }, 5)).toBeUndefined();
});

test('what a state owes is told by its context alone, and by its entry', () => {
  const [added] = [chart.step(chart.initial(), { type: 'Added' }, 5)];
  expect(added === undefined ? [] : chart.owed(added)).toEqual([{ type: 'owe', node: 'outer', entryRevision: -1, params: { n: 12 } }]);
});
