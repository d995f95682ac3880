import { randomUUID } from 'node:crypto';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { EventLog, StoredFact } from '../../../../domain/kernel/ports.ts';
import type { EventStore, ExpectedRevision, NewEvent, StoreEvent, StoreFault } from '../../../../domain/ports/eventStore.ts';
import { eventOf } from '../../wireEvent.ts';
import { eventRowsOf } from './eventRows.ts';
import { factAppendsOf } from './factAppends.ts';
import { openFacts } from './facts.ts';
import { describedBy } from './names.ts';
import { factAt, isPlaceOfFact, placeOfFact } from './positions.ts';
import { streamsOf } from './streams.ts';
import { openStreamsFile, streamsFileOf } from './streamsFile.ts';

/** Data of one append, bytes: EventStoreDB's own limit. */
export const APPEND_BYTES_MAX = 1_048_576;
/** Appends that share one commit. */
const GROUP_MAX = 1_000;
const SCAVENGE_EVERY_MS = 3_600_000;

export type SqliteEventStore = EventStore & {
  /** Facts were appended to the log by somebody else. */
  advanced(): void;
  /** What waits is written first. */
  close(): Promise<void>;
};

export type SqliteEventStoreOptions = {
  /** The log's file; there is one already. */
  readonly log: string;
  /** Whether a stream is one of the engine's, whose events are facts. */
  readonly isEngines: (stream: string) => boolean;
  /** Takes what is appended to the engine's streams; where absent they are read-only. */
  readonly facts?: Pick<EventLog, 'append'>;
  readonly now?: () => number;
};

type Waiting = { readonly work: () => Either<StoreFault, unknown>; readonly answer: (outcome: Either<StoreFault, never>) => void };

/** The embedded log as a store of streams: the engine's facts, and streams of others in a file beside it. @throws Error in plain words */
export const openSqliteEventStore = ({ log, isEngines, facts: appendable, now = Date.now }: SqliteEventStoreOptions): SqliteEventStore => {
  const facts = openFacts(log);
  const file = streamsFileOf(log);
  const streamsFile = openedOr(
    () => facts.close(),
    () => openStreamsFile(file),
  );
  const { db } = streamsFile;
  const rows = eventRowsOf(db);
  const ahead = factAt(rows.head());
  if (ahead > facts.head()) {
    streamsFile.close();
    facts.close();
    throw new Error(`'${file}' stands behind fact ${ahead}, which the log '${log}' does not have: they are not of one time`);
  }
  let next = 0n;
  const streams = streamsOf({
    rows,
    now,
    nextId: randomUUID,
    nextPosition: () => {
      // Read anew each time: whoever has seen a fact must find what comes later behind it.
      next = later(placeOfFact(facts.head()), next === 0n ? rows.head() : next) + 1n;
      return next;
    },
  });
  const appendFacts = appendable === undefined ? undefined : factAppendsOf(appendable, facts);
  const listeners = new Set<() => void>();
  const waiting: Waiting[] = [];
  let isScheduled = false;
  let isClosed = false;

  const advanced = (): void => {
    for (const listener of [...listeners]) listener();
  };

  const transaction = <A>(work: () => A): A => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const answer = work();
      db.exec('COMMIT');
      return answer;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    } finally {
      next = 0n;
    }
  };

  /** All that waits in one transaction and one sync; nobody is answered before. */
  const commit = (): void => {
    isScheduled = false;
    const group = waiting.splice(0, GROUP_MAX);
    if (waiting.length > 0) schedule();
    if (group.length === 0) return;
    let outcomes: readonly Either<StoreFault, unknown>[];
    try {
      outcomes = transaction(() => group.map(({ work }) => work()));
    } catch (error) {
      const reason = `the streams in '${file}' cannot be written: ${error instanceof Error ? error.message : error}`;
      outcomes = group.map(() => E.left({ _tag: 'Unavailable', reason }));
    }
    advanced();
    for (const [i, { answer }] of group.entries()) answer(outcomes[i] as Either<StoreFault, never>);
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(commit);
  };
  const written = <A>(work: () => Either<StoreFault, A>): Promise<Either<StoreFault, A>> =>
    new Promise((resolve) => {
      if (isClosed) return resolve(E.left({ _tag: 'Unavailable', reason: 'the store is closed' }));
      waiting.push({ work, answer: resolve });
      schedule();
    });

  const refused = (stream: string): StoreFault | undefined => {
    const described = describedBy(stream);
    if (stream === '') return { _tag: 'Invalid', message: 'a stream has a name' };
    if (described !== undefined && isEngines(described))
      return { _tag: 'AccessDenied', stream, why: `'${described}' is a stream of the engine: it has no metadata that others could write` };
    if (isEngines(stream) && appendFacts === undefined)
      return { _tag: 'AccessDenied', stream, why: `'${stream}' is a stream of the engine, which alone writes it` };
    return undefined;
  };

  const append = async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]) => {
    const denied = refused(stream) ?? tooLarge(events);
    if (denied !== undefined) return E.left(denied);
    return isEngines(stream) && appendFacts !== undefined
      ? appendFacts(stream, expected, events)
      : written(() => streams.append(stream, expected, events));
  };

  const behind = (after: bigint, max: number): readonly StoreEvent[] => {
    const [own, others] = [facts.behind(factAt(after), max), rows.behind(after, max)];
    return merged(own.map(storeEventOf), others, (a, b) => a.position < b.position, max);
  };

  const scavenging = setInterval(() => void written(() => E.right(streams.scavenge())), SCAVENGE_EVERY_MS);
  scavenging.unref();
  void written(() => E.right(streams.scavenge()));

  return {
    append,
    readStream: (stream, { from, direction, max }) => {
      if (!isEngines(stream)) return streams.read(stream, from, direction, max);
      const last = facts.last(stream);
      if (last === undefined) return undefined;
      if (direction === 'forwards') return from === 'end' ? [] : facts.stream(stream, from, max).map(storeEventOf);
      const upTo = from === 'end' ? last : Math.min(from, last);
      const first = Math.max(0, upTo - max + 1);
      return facts
        .stream(stream, first, upTo - first + 1)
        .map(storeEventOf)
        .reverse();
    },
    readAll: ({ from, direction, max }) => {
      if (direction === 'forwards') return from === 'end' ? [] : behind(from - 1n, max);
      const before = from === 'end' ? undefined : from;
      // A fact stands before the events behind it: of these only those of a later fact are left out with it.
      const upTo = before === undefined ? Number.MAX_SAFE_INTEGER : factAt(before) + (isPlaceOfFact(before) ? 0 : 1);
      const others = rows.before(before ?? 2n ** 63n - 1n, max);
      return merged(facts.before(upTo, max).map(storeEventOf), others, (a, b) => a.position > b.position, max);
    },
    readBehind: behind,
    lastOf: (stream) => {
      if (!isEngines(stream)) return streams.lastOf(stream);
      const last = facts.last(stream);
      return last === undefined ? undefined : { revision: last, isDeleted: false };
    },
    head: () => {
      return later(placeOfFact(facts.head()), rows.head());
    },
    onAdvance: (listener) => {
      // A function of its own for each, so that one that is given twice is two.
      const added = (): void => listener();
      listeners.add(added);
      return () => listeners.delete(added);
    },
    remove: async (stream, expected, how) => {
      const denied = refused(stream) ?? (isEngines(stream) ? neverRemoved(stream) : undefined);
      return denied !== undefined ? E.left(denied) : written(() => streams.remove(stream, expected, how, randomUUID()));
    },
    advanced,
    close: async () => {
      clearInterval(scavenging);
      isClosed = true;
      while (waiting.length > 0) commit();
      streamsFile.close();
      facts.close();
    },
  };
};

const openedOr = <A>(otherwise: () => void, open: () => A): A => {
  try {
    return open();
  } catch (error) {
    otherwise();
    throw error;
  }
};

const neverRemoved = (stream: string): StoreFault => ({
  _tag: 'AccessDenied',
  stream,
  why: `'${stream}' is a stream of the engine: its facts are never deleted`,
});

/** EventStoreDB counts data alone. */
const tooLarge = (events: readonly NewEvent[]): StoreFault | undefined =>
  events.reduce((sum, { data }) => sum + data.length, 0) > APPEND_BYTES_MAX ? { _tag: 'TooLarge', maxBytes: APPEND_BYTES_MAX } : undefined;

const storeEventOf = (fact: StoredFact): StoreEvent => ({
  ...eventOf(fact),
  stream: fact.stream,
  revision: fact.revision,
  position: placeOfFact(fact.position),
  created: fact.meta.at,
});

const later = (one: bigint, other: bigint): bigint => [one, other].reduce((last, each) => (each > last ? each : last));

const merged = (
  a: readonly StoreEvent[],
  b: readonly StoreEvent[],
  isBefore: (one: StoreEvent, other: StoreEvent) => boolean,
  max: number,
): readonly StoreEvent[] => {
  const found: StoreEvent[] = [];
  let [i, j] = [0, 0];
  while (found.length < max) {
    const [one, other] = [a[i], b[j]];
    if (one === undefined && other === undefined) break;
    if (other === undefined || (one !== undefined && isBefore(one, other))) {
      found.push(one as StoreEvent);
      i++;
    } else {
      found.push(other);
      j++;
    }
  }
  return found;
};
