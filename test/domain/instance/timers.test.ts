import { describe, expect, test } from 'vitest';
import { instanceChart } from '../../../src/domain/instance/instance.chart.ts';
import { instanceNoun } from '../../../src/domain/instance/instance.decider.ts';
import { nextTimer } from '../../../src/domain/kernel/chart/state.ts';
import { decideTimer, evolve } from '../../../src/domain/kernel/decider.ts';
import { instance as fact, timerElapsed } from '../../support/facts.ts';
import { NOW, storiesOf } from '../../support/given.ts';

/* Time is owed too: due when the state was entered, by the recorded time of the fact that entered it. */

const given = storiesOf(instanceNoun);
const running = [fact.InstanceRequested(), fact.InstancePlaced(), fact.ContainerStarted()];
/** Entered one second before NOW. */
const draining = (drainMs: number) => given(...running, fact.InstanceStopRequested({ drainMs }));
const elapse = { type: 'ElapseTimer', node: 'draining', entryRevision: 3, timer: 'drain' } as const;

describe('a timer', () => {
  test('takes its delay from the context as the state was entered', () => {
    expect(nextTimer(draining(20_000).state)).toEqual({ key: 'drain', due: NOW - 1_000 + 20_000, node: 'draining', entryRevision: 3 });
    expect(nextTimer(draining(500).state)?.due).toBe(NOW - 1_000 + 500);
  });

  test('that is due elapses', () =>
    draining(1_000)
      .when(elapse)
      .then(timerElapsed({ entryRevision: 3 }) as never));

  test('elapses once: the state it spoke of has been left', () =>
    given(...running, fact.InstanceStopRequested({ drainMs: 1_000 }), timerElapsed({ entryRevision: 3 }) as never)
      .when(elapse)
      .silence());

  test('that is early, of another entry, of another node or of no such name passes in silence', () => {
    draining(1_001).when(elapse).silence();
    draining(0)
      .when({ ...elapse, entryRevision: 2 })
      .silence();
    draining(0)
      .when({ ...elapse, node: 'waiting' })
      .silence();
    draining(0)
      .when({ ...elapse, timer: 'grace' })
      .silence();
  });

  test('keeps its due while facts come that leave its state alone', () => {
    const before = given(fact.InstanceRequested(), fact.InstancePlaced()).state;
    const away = evolve(instanceChart, before as never, fact.InstanceBecameUnreachable(), 5_000);
    expect(nextTimer(away)?.due).toBe(65_000);
    expect(
      decideTimer({ type: 'ElapseTimer', node: 'unreachable.recent', entryRevision: 2, timer: 'inactiveAfter' }, away, 64_999),
    ).toEqual([]);
  });

  test('counts the whole absence of a node, though the second part starts later', () => {
    const away = evolve(
      instanceChart,
      given(fact.InstanceRequested(), fact.InstancePlaced()).state as never,
      fact.InstanceBecameUnreachable(),
      5_000,
    );
    const [elapsed] = decideTimer(
      { type: 'ElapseTimer', node: 'unreachable.recent', entryRevision: 2, timer: 'inactiveAfter' },
      away,
      65_000,
    );
    const inactive = evolve(instanceChart, away, elapsed as never, 65_000);
    expect(inactive.value).toBe('unreachable.inactive');
    expect(nextTimer(inactive)?.due).toBe(5_000 + 600_000);
  });

  test('does not run where the app waits for ever', () => {
    const held = given(...running, { type: 'InstanceBecameUnreachable', node: 'berth-1' });
    expect(held.state.value).toBe('unreachable.held');
    expect(nextTimer(held.state)).toBeUndefined();
  });
});

test('of several timers the earliest is the next', () => {
  const timers = [
    {
      node: 'a',
      revision: 1,
      timers: [
        { key: 'x', due: 30 },
        { key: 'y', due: 10 },
      ],
    },
    { node: 'a.b', revision: 2, timers: [{ key: 'z', due: 20 }] },
  ];
  expect(nextTimer({ value: 'a.b', context: {}, active: timers, revision: 2, at: 0 })).toEqual({
    key: 'y',
    due: 10,
    node: 'a',
    entryRevision: 1,
  });
});
