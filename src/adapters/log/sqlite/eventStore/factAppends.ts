import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { type EventLog, NO_STREAM, type WireFact } from '../../../../domain/kernel/ports.ts';
import type { ExpectedRevision, NewEvent, StoreFault, StorePlace } from '../../../../domain/ports/eventStore.ts';
import { factOf } from '../../wireEvent.ts';
import type { Facts } from './facts.ts';
import { placeOfFact } from './positions.ts';

/** What every fact's metadata holds. */
const REQUIRED = ['$correlationId', '$causationId', 'by', 'at', 'term', 'state', 'owes'] as const;
/** How often an append that expects nothing in particular is tried behind others'. */
const TRIES_MAX = 16;
/** The last facts of a stream, among which an append that names no revision is looked for. */
const LOOKED_THROUGH = 1_000;

type Append = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) => Promise<Either<StoreFault, StorePlace>>;

/** Appends events to the engine's streams, as the facts that they are: to one stream in the order in which they come. */
export const factAppendsOf = (log: Pick<EventLog, 'append'>, facts: Facts): Append => {
  const append = appending(log, facts);
  const turns = new Map<string, Promise<unknown>>();
  return (stream, expected, events) => {
    const turn = (turns.get(stream) ?? Promise.resolve()).then(() => append(stream, expected, events));
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    turns.set(stream, over);
    void over.then(() => turns.get(stream) === over && turns.delete(stream));
    return turn;
  };
};

const appending =
  (log: Pick<EventLog, 'append'>, facts: Facts): Append =>
  async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Either<StoreFault, StorePlace>> => {
    const found: WireFact[] = [];
    for (const event of events) {
      const fact = event.contentType === 'application/json' ? factOf(event) : undefined;
      if (fact === undefined)
        return E.left({
          _tag: 'Invalid',
          message: `'${stream}' is a stream of the engine: an event of it is JSON, and its metadata has ${REQUIRED.join(', ')}; '${event.type}' is no such event`,
          missing: REQUIRED,
        });
      found.push(fact);
    }
    for (let tries = 0; ; tries++) {
      const isOpen = expected === 'any' || expected === 'stream_exists';
      // Where a revision is named, the log compares it by itself.
      const last = isOpen || found.length === 0 ? facts.last(stream) : undefined;
      const wrong = E.left<StoreFault, never>({ _tag: 'WrongExpectedVersion', stream, expected, actual: last });
      if (expected === 'stream_exists' && last === undefined) return wrong;
      if (found.length === 0) return E.right({ revision: last ?? NO_STREAM, position: placeOfFact(facts.head()) });
      const behind = isOpen
        ? (standsBehind(facts, stream, last, found) ?? last ?? NO_STREAM)
        : expected === 'no_stream'
          ? NO_STREAM
          : expected;
      const appended = await log.append(stream, behind, found);
      if (E.isRight(appended)) return E.right({ revision: appended.right.revision, position: placeOfFact(appended.right.position) });
      const { left } = appended;
      if (left._tag === 'Unavailable') return E.left(left);
      if (left._tag === 'Fenced')
        return E.left({
          _tag: 'AccessDenied',
          stream,
          why: `fenced off: term ${left.by} leads, and nothing of term ${left.term} is taken any more`,
          fencedBy: left.by,
        });
      if (!isOpen || tries >= TRIES_MAX)
        return E.left({ _tag: 'WrongExpectedVersion', stream, expected, actual: left.actual < 0 ? undefined : left.actual });
    }
  };

/** The revision behind which these facts stand already. */
const standsBehind = (facts: Facts, stream: string, last: number | undefined, [first]: readonly WireFact[]): number | undefined => {
  if (last === undefined || first === undefined) return undefined;
  const there = facts.stream(stream, Math.max(0, last - LOOKED_THROUGH + 1), LOOKED_THROUGH).find(({ id }) => id === first.id);
  return there === undefined ? undefined : there.revision - 1;
};
