import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import type { RebalanceFact, RebalanceFactOf } from './rebalance.facts.ts';

type Moves = RebalanceFactOf<'RebalanceBegan'>['moves'];

export type RebalanceContext = {
  readonly moves: Moves;
  /** Moves that are done or skipped, in the order of their ends. */
  readonly settled: readonly number[];
};

type Settled = RebalanceFactOf<'MoveCompleted' | 'MoveSkipped'>;

const settles = [
  { guard: 'isLast', target: 'completed', actions: 'settle' },
  { guard: 'isOpen', target: 'moving', reenter: true, actions: 'settle' },
] as const;

/** Moves instances wave by wave until each move is done or skipped. */
const machine = setup({
  types: { context: {} as RebalanceContext, events: {} as RebalanceFact },
  actions: {
    move: (_, _params: { moves: Moves; settled: readonly number[] }) => {},
    begin: assign(({ event }) => ({ moves: (event as RebalanceFactOf<'RebalanceBegan'>).moves, settled: [] })),
    settle: assign(({ context, event }) => ({ settled: [...context.settled, (event as Settled).move] })),
  },
  guards: {
    isOpen: ({ context, event }) => isOpen(context, (event as Settled).move),
    isLast: ({ context, event }) => isOpen(context, (event as Settled).move) && context.settled.length + 1 === context.moves.length,
  },
}).createMachine({
  id: 'rebalance.v1',
  context: { moves: [], settled: [] },
  initial: 'absent',
  states: {
    absent: { on: { RebalanceBegan: { target: 'moving', actions: 'begin' } } },
    moving: {
      description: 'Asks the instances of one wave to leave, and waits until others stand in their place.',
      entry: { type: 'move', params: ({ context: { moves, settled } }) => ({ moves, settled }) },
      on: { MoveCompleted: settles, MoveSkipped: settles, RebalanceAborted: 'aborted' },
    },
    completed: { type: 'final' },
    aborted: { type: 'final' },
  },
});

const isOpen = ({ moves, settled }: RebalanceContext, move: number): boolean => move < moves.length && !settled.includes(move);

export const rebalanceChart = chartOf<RebalanceContext, RebalanceFact>(machine);
