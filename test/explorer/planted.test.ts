import { expect, test } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import type { DeploymentFact } from '../../src/domain/deployment/deployment.facts.ts';
import { composeStrategy } from '../../src/domain/deployment/kit/compose.ts';
import { before, type Course, fresh, isThere, old, wanted } from '../../src/domain/deployment/kit/course.ts';
import { exactly, type Owes, want } from '../../src/domain/deployment/kit/owes.ts';
import type { AnyStrategy, StrategySpec } from '../../src/domain/deployment/kit/strategy.ts';
import { bluegreen } from '../../src/domain/deployment/strategies/bluegreen.ts';
import { rolling } from '../../src/domain/deployment/strategies/rolling.ts';
import { chartOf } from '../../src/domain/kernel/chart/chart.ts';
import { type CheckOptions, checkStrategy } from '../../src/explorer/check.ts';
import { explore, type Report } from '../../src/explorer/explore.ts';
import type { AnyChart } from '../../src/explorer/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: a machine's configuration, taken apart
type Config = Record<string, any>;
type Memory = { readonly count: number };

/** A composed chart with one thing changed that no strategy could change. */
const spoilt = (spec: AnyStrategy, spoil: (states: Config) => void): AnyChart => {
  const { machine, holds } = composeStrategy(spec);
  const config: Config = machine.config;
  const states: Config = { ...config.states };
  spoil(states);
  const planted = createMachine({ ...config, states } as never, machine.implementations as never);
  return chartOf<Course, DeploymentFact>(planted as unknown as AnyStateMachine, holds);
};

const strategy = <M = Record<never, never>>(states: StrategySpec<Record<never, never>, M>['states'], memory?: M): AnyStrategy => ({
  id: 'planted.v1',
  description: 'Has a bug.',
  initial: Object.keys(states)[0] ?? '',
  states,
  ...(memory !== undefined && { memory }),
  delays: { pause: () => 1000 },
});

const rest = {
  rolling: {
    entry: want((course: Course) => ({ new: wanted(course), old: 0 })),
    on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
  },
} as never as Record<string, never>;

const check = (spec: AnyStrategy, options: CheckOptions = {}): Report =>
  checkStrategy(spec, { instances: 2, starts: ['whole'], ...options });

/** What is told of a way ends with what is wrong, as a story and as a picture. */
const expectBroken = ({ verdict, violation }: Report, rule: string, what: RegExp): readonly string[] => {
  expect(verdict).toBe('violated');
  expect(violation?.rule).toBe(rule);
  expect(violation?.what).toMatch(what);
  expect(violation?.story[0]).toMatch(/^1\. All of the old version serve/);
  expect(violation?.story.some((sentence) => sentence.includes('Broken: '))).toBe(true);
  expect(violation?.diagram).toMatch(/^sequenceDiagram\n/);
  return violation?.story ?? [];
};

test('a way back that stops the healthy old ones first is found', () => {
  const chart = spoilt(bluegreen as AnyStrategy, (states) => {
    const [, ...others] = states.returning.entry;
    const params = ({ context }: { context: Course }) => {
      const { live, ready } = fresh(context);
      return { app: '/app', slots: { new: live, old: Math.max(0, wanted(context) - ready) }, retire: [] };
    };
    states.returning = { ...states.returning, entry: [{ type: 'want', params }, ...others] };
  });
  const story = expectBroken(explore(chart, { instances: 2, starts: ['whole'] }), 'way-back', /ready instance of the old version/);
  expect(story.join(' ')).toContain('Somebody aborts the deployment');
});

test('a surge beyond what is allowed is found', () => {
  const spec = strategy({
    doubling: {
      entry: exactly((course) => ({ new: wanted(course), old: before(course) })),
      on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
    },
  });
  const story = expectBroken(
    check(spec, { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.5 }),
    'surge',
    /^4 instances are present, and 3 may be$/,
  );
  expect(story.at(-2)).toContain('The conductor starts 2 new');
});

test('old ones that are stopped before anybody serves in their place are found', () => {
  const spec = strategy({
    leaping: {
      entry: exactly((course) => ({ new: wanted(course), old: 0 })),
      on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
    },
  });
  expectBroken(check(spec), 'minimum-healthy', /2 were ready, 0 still are, and 2 must be/);
});

test('one state in which it cannot be aborted is found', () => {
  const chart = spoilt(rolling as AnyStrategy, (states) => {
    const { active } = states;
    const deaf = { ...active.states.resting, on: { ...active.states.resting.on, DeploymentAborted: {} } };
    states.active = { ...active, states: { ...active.states, resting: deaf } };
  });
  const policy = { rollback: true, parameters: { batchSize: 1, pauseSeconds: 60 } };
  const report = explore(chart, { instances: 2, starts: ['whole'], policy });
  expectBroken(report, 'abort', /^in 'active.resting' it can't be aborted/);
});

test('an end without instances is found', () => {
  const chart = spoilt(rolling as AnyStrategy, (states) => {
    const params = ({ context }: { context: Course }) => ({
      app: '/app',
      outcome: context.outcome,
      slots: context.outcome === 'failed' ? {} : context.left,
    });
    states.releasing = { ...states.releasing, entry: { type: 'release', params } };
  });
  expectBroken(explore(chart, { instances: 2, starts: ['whole'] }), 'ends-with-nothing', /no instance wanted/);
});

test('one that hangs after a restart of the engine is found, and is none without a restart', () => {
  const alike: Owes = { owes: 'traffic', params: () => ({ weights: {}, rules: [] }) };
  const spec = strategy<Memory>(
    {
      counting: {
        entry: [want(() => ({ new: 0, old: 2 })), alike],
        on: { TrafficShifted: { remember: ({ memory }) => ({ count: memory.count + 1 }) } },
        after: { pause: { guard: ({ memory }) => memory.count === 1, target: 'rolling' } },
      },
      ...rest,
    },
    { count: 0 },
  );
  expect(check(spec, { faults: 0 }).violation?.story.join('\n') ?? '').toBe('');
  const story = expectBroken(check(spec, { faults: 1 }), 'stuck', /never end|nothing can happen/);
  expect(story.join(' ')).toContain('The engine dies and starts again');
});

test('one that hangs when a node is lost is found', () => {
  const spec = strategy({
    resting: { entry: want((course) => ({ new: 0, old: before(course) })), after: { pause: 'waiting' } },
    waiting: {
      entry: want((course) => ({ new: 0, old: old(course).ready })),
      on: { SlotsChanged: { guard: (course) => old(course).ready === before(course), target: 'rolling' } },
    },
    ...rest,
  });
  expect(check(spec, { faults: 0 }).violation?.story.join('\n') ?? '').toBe('');
  const story = expectBroken(check(spec, { faults: 1 }), 'stuck', /never end|nothing can happen/);
  expect(story.join(' ')).toMatch(/no longer answers|crashes/);
});

test('one that wants an increment is found', () => {
  const spec = strategy<Memory>(
    {
      counting: {
        entry: want(({ memory }) => ({ new: memory.count, old: 0 })),
        on: { SlotsChanged: [{ guard: isThere, target: 'succeeded' }, { remember: ({ memory }) => ({ count: memory.count + 1 }) }] },
      },
    },
    { count: 0 },
  );
  expectBroken(check(spec), 'target', /wants an increment/);
});

test('one that starts and stops for ever is found', () => {
  const spec = strategy({
    hunting: {
      entry: exactly((course) => ({ new: fresh(course).live > 0 ? 0 : 1, old: wanted(course), most: 3 })),
      on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
    },
  });
  expectBroken(check(spec, { faults: 0 }), 'stuck', /never end/);
});

test('one that remembers beside its state is found', () => {
  let looks = 0;
  const spec = strategy({
    counting: {
      entry: want((course) => ({ new: 0, old: before(course) })),
      on: {
        SlotsChanged: {
          guard: () => {
            looks += 1;
            return looks > 2 && looks % 2 === 0;
          },
          target: 'rolling',
        },
      },
    },
    ...rest,
  });
  expectBroken(check(spec), 'same-history', /after a restart/);
});

test('what was not walked to the end is not said to be safe', () => {
  const report = check(rolling as AnyStrategy, { statesMax: 100 });
  expect(report).toMatchObject({ verdict: 'not exhausted', states: 100 });
  expect(report.says).toContain('not exhausted: 100 states');
});
