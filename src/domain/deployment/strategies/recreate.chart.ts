import { assign, setup } from 'xstate';
import type { SlotsByVersion } from '../../app/app.facts.ts';
import { chartOf } from '../../kernel/chart/chart.ts';
import type { DeploymentFact, DeploymentFactOf, Tallies } from '../deployment.facts.ts';
import { isThere, nothingYet, type Outcome, othersThan, type StrategyContext, slotsOf, started, talliesOf } from './frame.ts';

/** The instances that the target version already has stay; a scale or an unchanged configuration stops nobody. */
const keptFirst = ({ from, to }: Pick<StrategyContext, 'from' | 'to'>): SlotsByVersion =>
  to === undefined ? {} : slotsOf([[to.configVersion, Math.min(to.instances, from[to.configVersion] ?? 0)]]);

const wholeTarget = ({ to }: Pick<StrategyContext, 'to'>): SlotsByVersion =>
  to === undefined ? {} : slotsOf([[to.configVersion, to.instances]]);

/** Stops all of the old, then starts all of the new; with no target it is the removal of the app. */
const recreate = (id: 'recreate.v1' | 'removal.v1') =>
  setup({
    types: { context: {} as StrategyContext, events: {} as DeploymentFact },
    actions: {
      want: (_, _params: { app: string; slots: SlotsByVersion; retire: readonly string[] }) => {},
      watch: (_, _params: { app: string; tallies: Tallies | undefined }) => {},
      release: (_, _params: { app: string; outcome: Outcome; slots: SlotsByVersion }) => {},
      start: assign(({ event }) => ({ ...started(event), tallies: undefined, want: keptFirst(started(event)) })),
      count: assign(({ event }) => ({ tallies: talliesOf(event) })),
      fill: assign(({ context, event }) => ({ tallies: talliesOf(event), want: wholeTarget(context) })),
      retarget: assign(({ context, event }) => {
        const { instances } = event as DeploymentFactOf<'TargetChanged'>;
        const to = context.to === undefined ? undefined : { ...context.to, instances };
        return { to, tallies: undefined, want: keptFirst({ from: context.from, to }) };
      }),
      refill: assign(({ context, event }) => {
        const { instances } = event as DeploymentFactOf<'TargetChanged'>;
        const to = context.to === undefined ? undefined : { ...context.to, instances };
        return { to, tallies: undefined, want: wholeTarget({ to }) };
      }),
      cancel: assign({ outcome: 'cancelled' }),
    },
    guards: {
      isDone: ({ context, event }) => event.type === 'SlotsChanged' && isThere(context.to, event.tallies),
      isEmpty: ({ context, event }) => {
        if (event.type !== 'SlotsChanged') return false;
        const { live, leaving } = othersThan(context.to?.configVersion, event.tallies);
        return live + leaving === 0;
      },
    },
  }).createMachine({
    id,
    context: nothingYet,
    initial: 'absent',
    states: {
      absent: { on: { DeploymentStarted: { target: 'working.emptying', actions: 'start' } } },
      working: {
        entry: [
          { type: 'want', params: ({ context: { app, want, retire } }) => ({ app, slots: want, retire }) },
          { type: 'watch', params: ({ context: { app, tallies } }) => ({ app, tallies }) },
        ],
        initial: 'emptying',
        states: {
          emptying: {
            description: 'Old instances end.',
            on: {
              SlotsChanged: [
                { guard: 'isDone', target: '#done', actions: 'fill' },
                { guard: 'isEmpty', target: 'filling', actions: 'fill' },
                { actions: 'count' },
              ],
              TargetChanged: { actions: 'retarget' },
            },
          },
          filling: {
            description: 'New instances come.',
            on: {
              SlotsChanged: [{ guard: 'isDone', target: '#done', actions: 'count' }, { actions: 'count' }],
              TargetChanged: { actions: 'refill' },
            },
          },
        },
        on: { DeploymentCancelled: { target: 'releasing.stopped', actions: 'cancel' } },
      },
      releasing: {
        description: 'Gives the lock back to the app, with what it left.',
        entry: { type: 'release', params: ({ context: { app, outcome, want } }) => ({ app, outcome, slots: want }) },
        initial: 'done',
        states: {
          done: { id: 'done', on: { AppReleased: '#succeeded' } },
          stopped: { on: { AppReleased: '#cancelled' } },
        },
      },
      succeeded: { id: 'succeeded', type: 'final' },
      cancelled: { id: 'cancelled', type: 'final' },
    },
  });

export const recreateChart = chartOf<StrategyContext, DeploymentFact>(recreate('recreate.v1'));
export const removalChart = chartOf<StrategyContext, DeploymentFact>(recreate('removal.v1'));
