import { assign, setup } from 'xstate';
import type { PlanStep } from '../group/group.facts.ts';
import { chartOf } from '../kernel/chart/chart.ts';
import type { PlanFact, PlanFactOf } from './plan.facts.ts';

export type PlanContext = {
  readonly group: string;
  readonly version: string;
  readonly steps: readonly PlanStep[];
  /** The step that is under way, from 0. */
  readonly step: number;
};

const nothingYet: PlanContext = { group: '', version: '', steps: [], step: 0 };

type Outcome = 'succeeded' | 'cancelled';

/** Takes the locks of all that it moves, then moves it step by step, then gives the tree its lock back. */
const machine = setup({
  types: { context: {} as PlanContext, events: {} as PlanFact },
  actions: {
    hold: (_, _params: { steps: readonly PlanStep[]; version: string }) => {},
    advance: (_, _params: { step: number; actions: PlanStep['actions'] }) => {},
    settle: (_, _params: { outcome: Outcome; reason: string }) => {},
    start: assign(({ event }) => {
      const { group, version, steps } = event as PlanFactOf<'PlanStarted'>;
      return { group, version, steps, step: 0 };
    }),
    next: assign(({ event }) => ({ step: (event as PlanFactOf<'StepCompleted'>).step + 1 })),
  },
  guards: {
    wasLast: ({ context, event }) => (event as PlanFactOf<'StepCompleted'>).step >= context.steps.length - 1,
    isNext: ({ context, event }) => (event as PlanFactOf<'StepCompleted'>).step === context.step,
  },
}).createMachine({
  id: 'plan.v1',
  context: nothingYet,
  initial: 'absent',
  states: {
    absent: { on: { PlanStarted: { target: 'holding', actions: 'start' } } },
    holding: {
      description: 'Takes the lock of every app that it moves; one that another deployment moves is waited for.',
      entry: { type: 'hold', params: ({ context: { steps, version } }) => ({ steps, version }) },
      on: { MembersHeld: 'stepping', PlanCancelled: 'settling.stopped' },
    },
    stepping: {
      description: 'Moves the apps of one step side by side, and waits for all of them.',
      entry: {
        type: 'advance',
        params: ({ context: { step, steps } }) => ({ step, actions: steps[step]?.actions ?? [] }),
      },
      on: {
        StepCompleted: [
          { guard: 'wasLast', target: 'settling.done', actions: 'next' },
          { guard: 'isNext', target: 'stepping', reenter: true, actions: 'next' },
        ],
        PlanCancelled: 'settling.stopped',
      },
    },
    settling: {
      description: 'Lets go of what it still holds, and gives the tree its lock back.',
      initial: 'done',
      states: {
        done: {
          entry: { type: 'settle', params: () => ({ outcome: 'succeeded' as const, reason: '' }) },
          on: { PlanReleased: '#succeeded' },
        },
        stopped: {
          entry: { type: 'settle', params: () => ({ outcome: 'cancelled' as const, reason: 'the plan was cancelled' }) },
          on: { PlanReleased: '#cancelled' },
        },
      },
    },
    succeeded: { id: 'succeeded', type: 'final' },
    cancelled: { id: 'cancelled', type: 'final' },
  },
});

export const planChart = chartOf<PlanContext, PlanFact>(machine);
