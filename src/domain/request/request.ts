import { either as E } from 'fp-ts';
import { assign, setup } from 'xstate';
import { z } from 'zod';
import { chartOf } from '../kernel/chart/chart.ts';
import { codecOf } from '../kernel/codec.ts';
import type { Noun } from '../kernel/decider.ts';
import type { FactsOf } from '../kernel/forms.ts';

/** One outside command that was authenticated and parsed: the root that every consequence points to. */
export const requestFacts = {
  RequestReceived: z.object({
    /** Type of the command, such as `DeployApp`. */
    command: z.string(),
    /** The stream it was meant for. */
    subject: z.string(),
    /** As it came, sealed: it may hold secrets. */
    body: z.unknown(),
    outcome: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('accepted') }),
      z.object({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
    ]),
  }),
} as const;

export type RequestFact = FactsOf<typeof requestFacts>;
export type RequestCommand = { readonly type: 'RecordRequest' } & Omit<RequestFact, 'type'>;
export const REQUEST = 'request';

type RequestContext = { readonly subject: string };

const requestChart = chartOf<RequestContext, RequestFact>(
  setup({
    types: { context: {} as RequestContext, events: {} as RequestFact },
    actions: { receive: assign({ subject: ({ event }) => event.subject }) },
  }).createMachine({
    id: 'request.v1',
    context: { subject: '' },
    initial: 'absent',
    states: { absent: { on: { RequestReceived: { target: 'received', actions: 'receive' } } }, received: { type: 'final' } },
  }),
);

const codec = codecOf<RequestFact>({
  RequestReceived: {
    version: 1,
    schema: requestFacts.RequestReceived,
    // The subject's own key: shredding an app shreds the bodies that were sent for it.
    sensitive: { subject: ({ subject }: { subject: string }) => subject.replace('-', ':'), paths: [['body']] },
  },
});

export const requestNoun: Noun<RequestContext, RequestCommand, RequestFact> = {
  noun: REQUEST,
  charts: { [requestChart.id]: requestChart },
  chartFor: () => requestChart.id,
  codec,
  decide: (command, state) => {
    if (state.value !== 'absent') return E.right([]);
    const { type: _, ...data } = command;
    return E.right([{ type: 'RequestReceived', ...data }]);
  },
};
