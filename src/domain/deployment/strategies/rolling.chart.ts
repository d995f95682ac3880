import { assign, setup } from 'xstate';
import { chartOf } from '../../kernel/chart/chart.ts';
import type { SlotsByVersion, Target } from '../../app/app.facts.ts';
import type { DeploymentFact, DeploymentFactOf, Tallies } from '../deployment.facts.ts';
import { isThere, NONE, nothingYet, type Outcome, othersThan, type StrategyContext, slotsOf, started, talliesOf } from './frame.ts';
import { rollingLimits } from './limits.ts';

/**
 * What to want next: start new ones as far as the capacity allows, let old ones go as new ones become ready.
 * Old ones are never wanted more than before: an old one that dies is replaced by a new one.
 */
export const rollingWant = (context: Omit<StrategyContext, 'outcome' | 'tallies'>, tallies: Tallies): SlotsByVersion => {
  const { to, from, minimumHealthCapacity, maximumOverCapacity } = context;
  if (to === undefined) return {};
  const fresh = tallies[to.configVersion] ?? NONE;
  const old = othersThan(to.configVersion, tallies);
  const wantedBefore = Object.entries(context.want).filter(([version]) => version !== to.configVersion);
  const { minHealthy, maxCapacity } = rollingLimits({
    instances: to.instances,
    minimumHealthCapacity,
    maximumOverCapacity,
    running: Object.values(from).reduce((sum, count) => sum + count, 0),
    healthy: Object.values(from).reduce((sum, count) => sum + count, 0),
    resident: false,
  });
  let keep = Math.max(0, Math.min(old.live, minHealthy - fresh.ready, Math.max(0, to.instances - fresh.ready)));
  const olds = wantedBefore.map(([version, count]): [string, number] => {
    const kept = Math.min(keep, count, tallies[version]?.live ?? 0);
    keep -= kept;
    return [version, kept];
  });
  const room = old.live + old.leaving === 0 ? to.instances : maxCapacity - old.live - old.leaving - fresh.leaving;
  const news = Math.min(to.instances, Math.max(context.want[to.configVersion] ?? 0, room));
  return slotsOf([...olds, [to.configVersion, news]]);
};

/** Before the first look, as if all that was left is there and healthy, and nothing of the new. */
const firstWant = (context: Omit<StrategyContext, 'outcome' | 'want' | 'tallies'>): SlotsByVersion => {
  const tallies: Tallies = Object.fromEntries(
    Object.entries(context.from).map(([version, count]) => [version, { live: count, ready: count, leaving: 0, failed: 0 }]),
  );
  return rollingWant({ ...context, want: context.from }, tallies);
};

const retargeted = ({ context, event }: { context: StrategyContext; event: DeploymentFact }): Partial<StrategyContext> => {
  if (context.to === undefined) return {};
  const to: Target = { ...context.to, instances: (event as DeploymentFactOf<'TargetChanged'>).instances };
  return { to, tallies: undefined, want: rollingWant({ ...context, to }, context.tallies ?? {}) };
};

const machine = setup({
  types: { context: {} as StrategyContext, events: {} as DeploymentFact },
  actions: {
    want: (_, _params: { app: string; slots: SlotsByVersion; retire: readonly string[] }) => {},
    watch: (_, _params: { app: string; tallies: Tallies | undefined }) => {},
    release: (_, _params: { app: string; outcome: Outcome; slots: SlotsByVersion }) => {},
    start: assign(({ event }) => ({ ...started(event), tallies: undefined, want: firstWant(started(event)) })),
    count: assign(({ context, event }) => ({ tallies: talliesOf(event), want: rollingWant(context, talliesOf(event)) })),
    retarget: assign(retargeted),
    cancel: assign({ outcome: 'cancelled' }),
  },
  guards: {
    isDone: ({ context, event }) => event.type === 'SlotsChanged' && isThere(context.to, event.tallies),
  },
}).createMachine({
  id: 'rolling.v1',
  context: nothingYet,
  initial: 'absent',
  states: {
    absent: { on: { DeploymentStarted: { target: 'rolling', actions: 'start' } } },
    rolling: {
      description: 'New instances come as the capacity allows, old ones go as new ones become ready.',
      entry: [
        { type: 'want', params: ({ context: { app, want, retire } }) => ({ app, slots: want, retire }) },
        { type: 'watch', params: ({ context: { app, tallies } }) => ({ app, tallies }) },
      ],
      on: {
        SlotsChanged: [
          { guard: 'isDone', target: 'releasing.done', actions: 'count' },
          { actions: 'count' },
        ],
        TargetChanged: { actions: 'retarget' },
        DeploymentCancelled: { target: 'releasing.stopped', actions: 'cancel' },
      },
    },
    releasing: {
      description: 'Gives the lock back to the app, with what it left.',
      entry: { type: 'release', params: ({ context: { app, outcome, want } }) => ({ app, outcome, slots: want }) },
      initial: 'done',
      states: {
        done: { on: { AppReleased: '#rolling.v1.succeeded' } },
        stopped: { on: { AppReleased: '#rolling.v1.cancelled' } },
      },
    },
    succeeded: { type: 'final' },
    cancelled: { type: 'final' },
  },
});

export const rollingChart = chartOf<StrategyContext, DeploymentFact>(machine);
