import { keyOf, nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { FactReader } from '../domain/ports/factReader.ts';
import type { IndexedFact, PastIndex } from '../domain/ports/pastIndex.ts';
import type { RequestFact } from '../domain/request/request.ts';
import { type Decode, foldUpTo, openState } from './asOf/fold.ts';
import type { AsOfState } from './asOf/state.ts';

/** Facts between two boundaries: an as-of read folds half of them on average. */
export const FACTS_PER_BOUNDARY = 8_192;
/** Facts that are read and indexed at once. */
const PAGE = 2_048;

export type Indexer = {
  /** Indexes one page. @returns whether more was there */
  step(): boolean;
};

/** Follows the log with the index: where ids stand, and at each boundary the parts of the views that changed since the last. */
export const createIndexer = (reader: FactReader, index: PastIndex, decode: Decode, factsPerBoundary = FACTS_PER_BOUNDARY): Indexer => {
  let state: AsOfState | undefined;
  return {
    step: () => {
      if (index.position() >= reader.head()) return false;
      if (state === undefined) {
        state = openState(reader, index, decode, index.boundary());
        foldUpTo(state, reader, decode, index.position());
      }
      const due = index.boundary() + factsPerBoundary;
      const stored = reader.page(index.position(), due, PAGE);
      const last = stored.at(-1);
      if (last === undefined) {
        // Nothing stands between here and there.
        index.keep([], { position: index.position(), hash: index.hash() }, { boundary: due, parts: state.changed() });
        state = undefined;
        return true;
      }
      const facts: IndexedFact[] = [];
      for (const one of stored) {
        const recorded = decode(one, state);
        if (recorded !== undefined) state.fold(recorded);
        const begins = one.revision === 0 && recorded !== undefined ? appBegunBy(recorded) : undefined;
        facts.push({ position: one.position, id: one.id, causationId: one.meta.causationId, ...(begins !== undefined && { begins }) });
      }
      const upTo = { position: last.position, hash: reader.hashAt(last.position) ?? '' };
      const isBoundary = last.position >= due || (stored.length < PAGE && reader.head() > due);
      index.keep(facts, upTo, isBoundary ? { boundary: last.position, parts: state.changed() } : undefined);
      // What was loaded for these facts is not needed for the next ones.
      if (isBoundary) state = undefined;
      return true;
    },
  };
};

/** Under which name requests stand in the index that were meant for a stream: no app can be called so. */
export const requestsKey = (subject: StreamName): string => `?${subject}`;

/** The app to which the stream belongs that this fact begins; of a request, whom it was meant for. */
export const appBegunBy = ({ stream, fact }: Recorded): string | undefined => {
  if (fact.type === 'RequestReceived') return requestsKey((fact as RequestFact).subject);
  if (nounOf(stream) === 'app') return keyOf(stream);
  if (fact.type !== 'InstanceRequested' && fact.type !== 'DeploymentStarted') return undefined;
  return (fact as unknown as { readonly app: string }).app;
};
