import { APP } from '../domain/app/app.facts.ts';
import { keyOf, nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Past } from '../domain/ports/past.ts';
import type { RequestFact } from '../domain/request/request.ts';
import { createViews } from '../projections/views.ts';

/** A past over facts in memory, in the order of the log. Every view is folded from zero. */
export const arrayPast = (facts: readonly Recorded[]): Past => {
  const head = facts.at(-1)?.position ?? 0;
  const upTo = (position = head): readonly Recorded[] => facts.filter((recorded) => recorded.position <= position);
  return {
    head: () => head,
    positionAt: (at) => facts.findLast(({ meta }) => meta.at <= at)?.position ?? 0,
    fact: (position) => facts.find((recorded) => recorded.position === position),
    withId: (id) => facts.find((recorded) => recorded.id === id),
    causedBy: (id, position) => upTo(position).filter(({ meta }) => meta.causationId === id),
    stream: (name, position) => upTo(position).filter(({ stream }) => stream === name),
    between: (after, position) => upTo(position).filter((recorded) => recorded.position > after),
    streamsOf: (app, position) => [...new Set(upTo(position).flatMap((recorded) => (appOf(recorded) === app ? [recorded.stream] : [])))],
    requestsFor: (name, position) => upTo(position).filter(({ fact }) => requestSubject(fact) === name),
    isVoid: (recorded) => facts.some(({ fact, position }) => succeeds(fact, recorded) && position < recorded.position),
    unreadable: () => new Map<StreamName, string>(),
    views: (position) => {
      const views = createViews();
      views.take(upTo(position));
      return views;
    },
  };
};

const requestSubject = (fact: Recorded['fact']): string | undefined =>
  fact.type === 'RequestReceived' ? (fact as RequestFact).subject : undefined;

const succeeds = (fact: Recorded['fact'], { meta }: Recorded): boolean =>
  fact.type === 'LeaseTaken' && (fact as { readonly type: string; readonly term: number }).term > meta.term;

/** The app whose stream this first fact begins; other facts of a stream tell nothing. */
const appOf = ({ stream, fact }: Recorded): string | undefined => {
  if (nounOf(stream) === APP) return keyOf(stream);
  if (fact.type !== 'InstanceRequested' && fact.type !== 'DeploymentStarted') return undefined;
  return (fact as unknown as { readonly app: string }).app;
};
