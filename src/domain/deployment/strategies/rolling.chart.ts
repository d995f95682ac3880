import { assign, setup } from 'xstate';
import type { SlotsByVersion } from '../../app/app.facts.ts';
import { chartOf } from '../../kernel/chart/chart.ts';
import type { DeploymentFact, DeploymentFactOf, Tallies } from '../deployment.facts.ts';
import { isThere, NONE, nothingYet, type Outcome, othersThan, type StrategyContext, slotsOf, started, talliesOf } from './frame.ts';
import { rollingLimits } from './limits.ts';

/**
 * What to want next: start new ones as far as the capacity allows, let old ones go as new ones become ready.
 * Old ones are never wanted more than before: an old one that dies is replaced by a new one. Of the old ones those fit to serve
 * stay longest. The limits are taken afresh at every look, so that a start from too few or from unready ones ends as well.
 */
export const rollingWant = (context: Omit<StrategyContext, 'outcome' | 'tallies'>, tallies: Tallies): SlotsByVersion => {
  const { to, minimumHealthCapacity, maximumOverCapacity } = context;
  if (to === undefined) return {};
  const fresh = tallies[to.configVersion] ?? NONE;
  const old = othersThan(to.configVersion, tallies);
  const live = old.live + fresh.live;
  const { minHealthy, maxCapacity } = rollingLimits({
    instances: to.instances,
    minimumHealthCapacity,
    maximumOverCapacity,
    running: live,
    // Those that are not ready hold their place too: what never becomes ready must not keep the next from starting.
    healthy: live,
    resident: false,
  });
  const room = maxCapacity - old.live - old.leaving - fresh.leaving;
  // Those there are kept, but a tally runs behind what was asked for: one that was asked for and is taken back must not be wanted again
  // because it was still counted, or both would follow each other for ever. Ready ones are never let go of for want of room.
  const kept = Math.min(fresh.live, Math.max(context.want[to.configVersion] ?? 0, fresh.ready));
  const news = Math.min(to.instances, Math.max(kept, room));
  return slotsOf([...keptOf(context.want, to.configVersion, tallies, minHealthy - fresh.ready), [to.configVersion, news]]);
};

/** `keep` of the old ones that are there and were wanted, the ready ones of every version first. */
const keptOf = (want: SlotsByVersion, fresh: string, tallies: Tallies, keep: number): readonly (readonly [string, number])[] => {
  let left = Math.max(0, keep);
  const take = (most: number): number => {
    const taken = Math.min(left, most);
    left -= taken;
    return taken;
  };
  const olds = Object.entries(want)
    .filter(([version]) => version !== fresh)
    .map(([version, count]) => ({ version, count: Math.min(count, tallies[version]?.live ?? 0), ready: tallies[version]?.ready ?? 0 }));
  const ready = olds.map(({ count, ready }) => take(Math.min(count, ready)));
  return olds.map(({ version, count }, i) => [version, (ready[i] ?? 0) + take(count - (ready[i] ?? 0))]);
};

/** Before the first look nobody is let go on trust; where nothing was, there is nothing to look at. */
const firstWant = ({ from, to }: Pick<StrategyContext, 'from' | 'to'>): SlotsByVersion =>
  to !== undefined && Object.keys(from).length === 0 ? slotsOf([[to.configVersion, to.instances]]) : slotsOf(Object.entries(from));

/** Nobody of the old is let go, and nobody of the new started, before the next look: it judges by the new target. */
const retargeted = ({ context, event }: { context: StrategyContext; event: DeploymentFact }): Partial<StrategyContext> => {
  const { to, want } = context;
  if (to === undefined) return {};
  const { instances } = event as DeploymentFactOf<'TargetChanged'>;
  const news = Math.min(instances, want[to.configVersion] ?? 0);
  return { to: { ...to, instances }, tallies: undefined, want: slotsOf(Object.entries({ ...want, [to.configVersion]: news })) };
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
        SlotsChanged: [{ guard: 'isDone', target: 'releasing.done', actions: 'count' }, { actions: 'count' }],
        TargetChanged: { actions: 'retarget' },
        DeploymentCancelled: { target: 'releasing.stopped', actions: 'cancel' },
      },
    },
    releasing: {
      description: 'Gives the lock back to the app, with what it left.',
      entry: { type: 'release', params: ({ context: { app, outcome, want } }) => ({ app, outcome, slots: want }) },
      initial: 'done',
      states: {
        done: { on: { AppReleased: '#succeeded' } },
        stopped: { on: { AppReleased: '#cancelled' } },
      },
    },
    succeeded: { id: 'succeeded', type: 'final' },
    cancelled: { id: 'cancelled', type: 'final' },
  },
});

export const rollingChart = chartOf<StrategyContext, DeploymentFact>(machine);
