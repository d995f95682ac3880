import { assign, setup } from 'xstate';
import type { SlotsByVersion } from '../../app/app.facts.ts';
import { chartOf } from '../../kernel/chart/chart.ts';
import type { DeploymentFact, DeploymentFactOf, Tallies } from '../deployment.facts.ts';
import { isThere, NONE, nothingYet, type Outcome, othersThan, type StrategyContext, slotsOf, started, talliesOf } from './frame.ts';
import { type RollingLimits, rollingLimits } from './limits.ts';

/**
 * What to want next: all of the new, and of the old as many as still must serve. How many of the new may start is the surge's to say,
 * at the moment of each start (`rollingMost`): a count of what was seen last would be old news by then, and hunt its own shadow.
 * Old ones are never wanted more than before: an old one that dies is replaced by a new one. Of the old ones those fit to serve
 * stay longest. The limits are taken afresh at every look, so that a start from too few or from unready ones ends as well.
 */
export const rollingWant = (context: Omit<StrategyContext, 'outcome' | 'tallies'>, tallies: Tallies): SlotsByVersion => {
  const { to } = context;
  if (to === undefined) return {};
  const fresh = tallies[to.configVersion] ?? NONE;
  const { minHealthy } = limitsOf(context, tallies);
  return slotsOf([...keptOf(context.want, to.configVersion, tallies, minHealthy - fresh.ready), [to.configVersion, to.instances]]);
};

/** How many instances of any version may be present at once, those on their way out included. */
export const rollingMost = (context: Omit<StrategyContext, 'outcome'>): number => limitsOf(context, context.tallies ?? {}).maxCapacity;

type Rule = Pick<StrategyContext, 'to' | 'minimumHealthCapacity' | 'maximumOverCapacity'>;

const limitsOf = ({ to, minimumHealthCapacity, maximumOverCapacity }: Rule, tallies: Tallies): RollingLimits => {
  const live = othersThan(undefined, tallies).live;
  return rollingLimits({
    instances: to?.instances ?? 0,
    minimumHealthCapacity,
    maximumOverCapacity,
    running: live,
    // Those that are not ready hold their place too: what never becomes ready must not keep the next from starting.
    healthy: live,
    resident: false,
  });
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

/** A deployment that is cancelled starts nobody any more. */
const asItStands = ({ to, want, tallies }: StrategyContext): SlotsByVersion => {
  if (to === undefined || tallies === undefined) return want;
  const { configVersion, instances } = to;
  return slotsOf(Object.entries({ ...want, [configVersion]: Math.min(instances, tallies[configVersion]?.live ?? 0) }));
};

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
    want: (_, _params: { app: string; slots: SlotsByVersion; retire: readonly string[]; most: number }) => {},
    watch: (_, _params: { app: string; tallies: Tallies | undefined }) => {},
    release: (_, _params: { app: string; outcome: Outcome; slots: SlotsByVersion }) => {},
    start: assign(({ event }) => ({ ...started(event), tallies: undefined, want: firstWant(started(event)) })),
    count: assign(({ context, event }) => ({ tallies: talliesOf(event), want: rollingWant(context, talliesOf(event)) })),
    retarget: assign(retargeted),
    cancel: assign(({ context }) => ({ outcome: 'cancelled', want: asItStands(context) })),
  },
  guards: {
    startsFromNothing: ({ event }) => event.type === 'DeploymentStarted' && Object.keys(event.from).length === 0,
    isDone: ({ context, event }) => event.type === 'SlotsChanged' && isThere(context.to, event.tallies),
  },
}).createMachine({
  id: 'rolling.v1',
  context: nothingYet,
  initial: 'absent',
  states: {
    absent: {
      on: {
        DeploymentStarted: [
          { guard: 'startsFromNothing', target: 'rolling', actions: 'start' },
          { target: 'looking', actions: 'start' },
        ],
      },
    },
    looking: {
      description: 'Wants nothing yet: what is there may differ from what was left, and nobody is started or stopped on trust.',
      entry: { type: 'watch', params: ({ context: { app, tallies } }) => ({ app, tallies }) },
      on: {
        SlotsChanged: [
          { guard: 'isDone', target: 'releasing.done', actions: 'count' },
          { target: 'rolling', actions: 'count' },
        ],
        TargetChanged: { actions: 'retarget' },
        DeploymentCancelled: { target: 'releasing.stopped', actions: 'cancel' },
      },
    },
    rolling: {
      description: 'New instances come as the capacity allows, old ones go as new ones become ready.',
      entry: [
        {
          type: 'want',
          params: ({ context }) => ({ app: context.app, slots: context.want, retire: context.retire, most: rollingMost(context) }),
        },
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
