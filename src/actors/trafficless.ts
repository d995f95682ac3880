import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/** Where nothing stands in front of the applications every share is in effect as soon as it is owed. */
export const trafficlessEffect = (tell: Tell): Effect => ({
  perform: ({ stream, params, cause, entryRevision }: Debt) => {
    const { weights } = params as { weights: Readonly<Record<string, number>> };
    tell(stream, { type: 'ReportTrafficShifted', weights, answers: entryRevision } as never, engineCause(cause));
  },
});
