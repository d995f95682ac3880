import { either as E } from 'fp-ts';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { chartOf } from '../kernel/chart/chart.ts';
import { codecOf } from '../kernel/codec.ts';
import type { Noun } from '../kernel/decider.ts';
import type { FactsOf } from '../kernel/forms.ts';
import { refusal } from '../kernel/refusal.ts';

/** Who leads. A fact positioned behind `LeaseTaken{term n}` with a smaller term is void. */
export const leaseFacts = {
  LeaseTaken: z.object({ term: z.int().min(1), holder: z.string() }),
} as const;

export type LeaseFact = FactsOf<typeof leaseFacts>;
export type LeaseCommand = { readonly type: 'TakeLease'; readonly term: number; readonly holder: string };
export const LEASE = 'lease';
/** The one stream of this noun. */
export const ENGINE_LEASE = 'lease-engine';

type LeaseContext = { readonly term: number; readonly holder: string };

const leaseChart = chartOf<LeaseContext, LeaseFact>(
  setup({
    types: { context: {} as LeaseContext, events: {} as LeaseFact },
    actions: { take: assign(({ event: { term, holder } }) => ({ term, holder })) },
  }).createMachine({
    id: 'lease.v1',
    context: { term: 0, holder: '' },
    initial: 'free',
    states: {
      free: { on: { LeaseTaken: { target: 'taken', actions: 'take' } } },
      taken: { on: { LeaseTaken: { target: 'taken', actions: 'take' } } },
    },
  }),
);

export const leaseNoun: Noun<LeaseContext, LeaseCommand, LeaseFact> = {
  noun: LEASE,
  charts: { [leaseChart.id]: leaseChart },
  chartFor: () => leaseChart.id,
  codec: codecOf<LeaseFact>({ LeaseTaken: { version: 1, schema: leaseFacts.LeaseTaken } }),
  decide: (command, state) => {
    const { term, holder } = command;
    if (term === state.context.term && holder === state.context.holder) return E.right([]);
    if (term <= state.context.term)
      return E.left(refusal('illegal-in-state', `Term ${state.context.term} is held by ${state.context.holder}.`));
    return E.right([{ type: 'LeaseTaken', term, holder }]);
  },
};
