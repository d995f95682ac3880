import { describe, expect, test } from 'vitest';
import { performedEffects } from '../../src/actors/effects.ts';
import { UnloadableStreams, unloadableOf } from '../../src/actors/unloadable.ts';
import { learnBroken } from '../../src/domain/deployment/strategies/index.ts';
import type { Noun } from '../../src/domain/kernel/decider.ts';
import { nouns } from '../../src/domain/nouns.ts';
import type { RosterRow } from '../../src/domain/ports/views.ts';
import { samplesOf } from '../support/facts.ts';
import { everyChart, explore, keyOfState, timersOf } from '../support/walk.ts';

const row = (stream: string, chart: string, state: string, more: Partial<RosterRow> = {}): RosterRow => ({
  ...{ stream, chart, state, owes: '', revision: 3, position: 9 },
  ...more,
});
const whys = (...rows: readonly RosterRow[]) => unloadableOf(rows, nouns, performedEffects).map(({ stream, why }) => [stream, why]);

describe('before an engine leads', () => {
  test('a live stream needs its chart, its state and performers; one that has ended needs nothing more', () => {
    learnBroken('faded.v1', "'wharfinger/strategy' has no 'gone'");
    expect(
      whys(
        row('instance-1', 'instance.v1', 'running.unchecked'),
        row('instance-2', 'instance.v9', 'running.unchecked'),
        row('instance-3', 'instance.v1', 'singing', { owes: 'place' }),
        row('instance-4', 'instance.v1', 'starting', { owes: 'run,dance' }),
        row('choir-5', 'choir.v1', 'rest'),
        row('deployment-6', 'faded.v1', 'active.asking'),
        row('deployment-7', 'canary.v1', 'failed'),
        row('request-8', 'request.v1', 'received'),
      ),
    ).toEqual([
      ['instance-2', "this version has no chart 'instance.v9'"],
      ['instance-3', "the chart 'instance.v1' of this version has no state 'singing'"],
      ['instance-4', "it owes 'dance', which nobody performs in this version"],
      ['choir-5', "this version knows no 'choir'"],
      ['deployment-6', "the strategy 'faded.v1' does not load any more: 'wharfinger/strategy' has no 'gone'"],
    ]);
  });

  test('what the chart of this version says that a state owes needs a performer too', () => {
    const without = new Set([...performedEffects].filter((effect) => effect !== 'place'));
    expect(unloadableOf([row('instance-1', 'instance.v1', 'requested')], nouns, without)).toMatchObject([
      { why: "it owes 'place', which nobody performs in this version" },
    ]);
  });

  test('the refusal names the first ten, how many there are, and the way out', () => {
    const streams = unloadableOf(
      Array.from({ length: 12 }, (_, n) => row(`instance-${n}`, 'instance.v9', 'requested')),
      nouns,
      performedEffects,
    );
    const { message } = new UnloadableStreams(streams);
    expect(message).toMatch(
      /^this version can't go on with 12 live streams; nothing was changed:\n {2}instance-0 \(instance\.v9, in requested\)/,
    );
    expect(message).toContain('instance-9 (');
    expect(message).not.toContain('instance-10');
    expect(message).toContain('… and 2 more');
    expect(message).toContain('--quarantine-unloadable');
  });
});

describe.for(everyChart)('$name', ({ noun, chart }) => {
  test('knows each of its states by the value that is recorded: what it owes, and whether it is the last', () => {
    const states = explore(
      chart.initial(),
      keyOfState,
      (state) =>
        [...samplesOf(noun.noun, chart.id), ...timersOf(state)].flatMap(
          (fact) => chart.step(state, fact as never, state.at + 60_000) ?? [],
        ),
      300,
    );
    for (const state of states) {
      const called = chart.stateCalled(state.value);
      expect(called, state.value).toBeDefined();
      expect([called?.owes.join(), called?.isFinal], state.value).toEqual([chart.owes(state), chart.isFinal(state)]);
    }
  });

  test('owes nothing that nobody performs', () => {
    for (const leaf of chart.leaves) for (const effect of chart.stateCalled(leaf)?.owes ?? []) expect(performedEffects).toContain(effect);
  });
});

test('a chart with parallel regions knows the leaves of a recorded value', async () => {
  const { setup } = await import('xstate');
  const { chartOf } = await import('../../src/domain/kernel/chart/chart.ts');
  const machine = setup({ actions: { run: () => {} } }).createMachine({
    id: 'both.v1',
    type: 'parallel',
    states: {
      left: { initial: 'a', states: { a: { entry: 'run' }, b: {} } },
      right: { initial: 'c', states: { c: { initial: 'd', states: { d: {} } } } },
    },
  });
  const chart = chartOf(machine) as unknown as Noun['charts'][string];
  const initial = chart.initial();
  expect(chart.stateCalled(initial.value)).toEqual({ isFinal: false, owes: ['run'] });
  expect(chart.stateCalled('{"left":"z","right":{"c":"d"}}')).toBeUndefined();
  expect(chart.stateCalled('{"left":')).toBeUndefined();
});
