import { expect, test } from 'vitest';
import { type AnyStateMachine, and, assign, createMachine, raise, sendTo, setup } from 'xstate';
import { chartOf } from '../../../../src/domain/kernel/chart/chart.ts';
import type { ChartState } from '../../../../src/domain/kernel/chart/state.ts';
import type { Fact } from '../../../../src/domain/kernel/recorded.ts';

/* What the tables cannot express runs on XState and says why; what a domain chart may not do is refused at once. */

const fact = (type: string): Fact => ({ type });

const fold = (machine: AnyStateMachine, ...types: readonly string[]): ChartState<unknown> => {
  const chart = chartOf<unknown, Fact>(machine);
  return types.reduce((state, type, i) => {
    const next = chart.step(state, fact(type), i * 1_000);
    if (next === undefined) throw new Error(`${type} is not accepted in ${state.value}`);
    return next;
  }, chart.initial());
};

const parallel = createMachine({
  id: 'parallel.v1',
  type: 'parallel',
  states: {
    light: { initial: 'off', states: { off: { on: { Lit: 'on' } }, on: { after: { 500: 'off' } } } },
    door: { initial: 'shut', states: { shut: { on: { Opened: 'open' } }, open: { on: { Shut: 'shut' } } } },
  },
});

test('a parallel chart falls back to XState and says so', () => {
  expect(chartOf(parallel).compiled).toEqual({ by: 'xstate', reason: "'' is parallel" });
});

test('in a parallel chart a region keeps its entry and its timer while another one moves', () => {
  const state = fold(parallel, 'Lit', 'Opened');
  expect(JSON.parse(state.value)).toEqual({ light: 'on', door: 'open' });
  expect(state.active).toEqual([
    { node: 'light', revision: -1, timers: [] },
    { node: 'light.on', revision: 0, timers: [{ key: '500', due: 500 }] },
    { node: 'door', revision: -1, timers: [] },
    { node: 'door.open', revision: 1, timers: [] },
  ]);
});

test('a timer of a parallel chart speaks for its own entry only', () => {
  const chart = chartOf<unknown, Fact>(parallel);
  const lit = fold(parallel, 'Lit', 'Opened');
  const elapsed = { type: 'TimerElapsed', node: 'light.on', entryRevision: 0, timer: '500' } as const;
  expect(JSON.parse(chart.step(lit, elapsed, 500)?.value ?? '')).toEqual({ light: 'off', door: 'open' });
  expect(chart.step(lit, { ...elapsed, entryRevision: 1 }, 500)).toBeUndefined();
});

const resuming = createMachine({
  id: 'resuming.v1',
  initial: 'work',
  states: {
    work: {
      initial: 'first',
      states: { first: { on: { Advanced: 'second' } }, second: {}, before: { type: 'history' } },
      on: { Paused: 'paused' },
    },
    paused: { on: { Resumed: 'work.before' } },
  },
});

test('a chart with history falls back, and remembers across plain data', () => {
  expect(chartOf(resuming).compiled).toEqual({ by: 'xstate', reason: "'work.before' is a history state" });
  const paused = fold(resuming, 'Advanced', 'Paused');
  const stored = JSON.parse(JSON.stringify(paused));
  expect(stored).toEqual(paused);
  expect(chartOf<unknown, Fact>(resuming).step(stored, fact('Resumed'), 9)?.value).toBe('work.second');
});

test('a chart with always falls back, and lands where XState lands', () => {
  const machine = setup({ actions: { count: assign({ n: ({ context }) => (context as { n: number }).n + 1 }) } }).createMachine({
    id: 'always.v1',
    context: { n: 0 },
    initial: 'counting',
    states: {
      counting: {
        on: { Counted: { actions: 'count' } },
        always: { guard: ({ context }) => (context as { n: number }).n > 1, target: 'full' },
      },
      full: {},
    },
  });
  expect(chartOf(machine).compiled).toEqual({ by: 'xstate', reason: "'counting' has always" });
  expect(fold(machine, 'Counted').value).toBe('counting');
  expect(fold(machine, 'Counted', 'Counted').value).toBe('full');
});

test('wildcards, onDone, combined guards and assigning initial transitions fall back', () => {
  const reasonOf = (machine: AnyStateMachine) => {
    const { compiled } = chartOf(machine);
    return compiled.by === 'xstate' ? compiled.reason : 'tables';
  };
  expect(reasonOf(createMachine({ id: 'w', initial: 'a', states: { a: { on: { '*': 'b' } }, b: {} } }))).toBe(
    "'a' has a wildcard transition",
  );
  expect(
    reasonOf(
      createMachine({
        id: 'd',
        initial: 'a',
        states: { a: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'b' }, b: {} },
      }),
    ),
  ).toBe("'a' has onDone");
  expect(
    reasonOf(createMachine({ id: 'g', initial: 'a', states: { a: { on: { Go: { guard: and([() => true]), target: 'b' } } }, b: {} } })),
  ).toMatch(/^a combined guard/);
  expect(
    reasonOf(
      createMachine({
        id: 'i',
        context: { n: 0 },
        initial: 'a',
        states: { a: { initial: { target: 'x', actions: assign({ n: 1 }) }, states: { x: {} } } },
      }),
    ),
  ).toBe("'a' assigns on its initial transition");
});

test('a machine that acts is refused', () => {
  const refusalOf = (machine: AnyStateMachine) => {
    try {
      chartOf(machine);
      return 'accepted';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const named = setup({ actions: { bump: assign({ n: 1 }), owe: () => {} } });
  const one = (a: object) => createMachine({ id: 'm', initial: 'a', states: { a, b: {} } } as never);
  expect(refusalOf(one({ invoke: { src: 'fetching' } }))).toContain('has invoke');
  expect(refusalOf(one({ exit: 'tidyUp' }))).toContain('has an exit action');
  expect(refusalOf(one({ entry: () => {} }))).toContain('has an unnamed entry action');
  expect(refusalOf(one({ entry: assign({ n: 1 }) }))).toContain('has an unnamed entry action');
  expect(refusalOf(one({ entry: raise({ type: 'Go' }) }))).toContain('has an unnamed entry action');
  expect(refusalOf(one({ on: { Go: { target: 'b', actions: raise({ type: 'Again' }) } } }))).toContain('a transition may only assign');
  expect(refusalOf(one({ on: { Go: { target: 'b', actions: sendTo('x', { type: 'y' }) } } }))).toContain('a transition may only assign');
  expect(refusalOf(one({ type: 'parallel', on: { Go: { actions: () => {} } } }))).toContain('a transition may only assign');
  expect(
    refusalOf(named.createMachine({ id: 'm', context: { n: 0 }, initial: 'a', states: { a: { entry: 'bump' } } } as never) as never),
  ).toContain("owes 'bump', which is assign");
  expect(refusalOf(named.createMachine({ id: 'm', initial: 'a', states: { a: { entry: 'owe', after: { 100: 'b' } }, b: {} } }))).toBe(
    'accepted',
  );
});

test('a guard or a delay that nobody defined is refused when the chart is made', () => {
  const guarded = createMachine({ id: 'm', initial: 'a', states: { a: { on: { Go: { guard: 'isFine', target: 'b' } } }, b: {} } });
  const delayed = createMachine({ id: 'm', initial: 'a', states: { a: { after: { someTime: 'b' } }, b: {} } });
  expect(() => chartOf(guarded)).toThrow("no guard named 'isFine'");
  expect(() => chartOf(delayed)).toThrow("no delay named 'someTime'");
});
