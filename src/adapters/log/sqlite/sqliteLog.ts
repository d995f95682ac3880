import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import type { Appended, AppendFault, EventLog, StoredFact, WireFact } from '../../../domain/kernel/ports.ts';
import { requireAppendable } from '../requireAppendable.ts';
import { subscribersOf } from '../subscribers.ts';
import type { AppendRequest, Outcome } from './groupMessage.ts';
import { startReading } from './reading.ts';
import type { Verification } from './verify.ts';
import { startWriting } from './writing.ts';

/** The embedded log: one SQLite file, written by one thread, read by another. See README.md beside this file. */
export type SqliteLog = EventLog & {
  /** Recomputes every chain, on a thread of its own; some seconds for a million facts. */
  verifyAll(): Promise<Verification>;
  verifyStream(stream: StreamName): Promise<Verification>;
  /** Highest leader's term in the log, 0 when it is empty. An append of a lower one is fenced off. */
  term(): number;
  stats(): SqliteLogStats;
};

export type SqliteLogStats = {
  /** Appends that were written, and their facts, since the log was opened. */
  readonly appends: number;
  readonly facts: number;
  /** Transactions, each with one sync of the disk, that these shared. */
  readonly commits: number;
  /** Transactions that SQLite refused (disk full, input/output error, file locked). */
  readonly rolledBack: number;
  /** Appends that wait for an answer now. */
  readonly waiting: number;
  /** CPU time of the log thread, microseconds. */
  readonly logThreadCpuMicros: number;
};

export type SqliteLogOptions = {
  readonly path: string;
  /** NORMAL and OFF acknowledge before facts are on disk: for mirrors; for tests and throw-away logs only. */
  readonly synchronous?: 'FULL' | 'NORMAL' | 'OFF';
  /** A mirror of a log that is elsewhere: facts of any term are taken, as they stand there. */
  readonly isMirror?: boolean;
};

type Waiting = AppendRequest & { readonly resolve: (answer: Either<AppendFault, Appended>) => void };

/** @throws Error in plain words: the file is in use by another engine, of a newer format, no log, or can't be opened. */
export const openSqliteLog = async ({ path, synchronous = 'FULL', isMirror = false }: SqliteLogOptions): Promise<SqliteLog> => {
  const counted = { appends: 0, facts: 0 };
  /** First everyone who follows the log hears of a commit, then those who wait for it, each in order. */
  const writing = await startWriting<Waiting>({ path, synchronous, isMirror }, (appends, outcomeOf) => {
    const fresh: StoredFact[] = [];
    const answers = appends.map((append, i) => answerTo(append, outcomeOf(i), fresh));
    const last = fresh.at(-1);
    if (last !== undefined) {
      ({ position: head } = last);
      ({ term } = last.meta);
      counted.facts += fresh.length;
      subscribers.deliver(fresh);
    }
    for (const [i, { resolve }] of appends.entries()) resolve(answers[i] as Either<AppendFault, Appended>);
  });
  let { head, term } = writing.opened;
  const reading = startReading(path);
  const subscribers = subscribersOf({
    head: () => head,
    read: (after, upTo, max) => reading.page({ _tag: 'All', after, upTo, max }),
  });

  const answerTo = (append: Waiting, outcome: Outcome, fresh: StoredFact[]): Either<AppendFault, Appended> => {
    if (outcome._tag === 'AlreadyThere') {
      const { revision, positions } = outcome;
      stamped(append, revision, (index) => positions[index] ?? 0);
      return E.right({ revision, position: positions.at(-1) ?? 0 });
    }
    if (outcome._tag !== 'Written') return E.left(outcome);
    const { revision, position } = outcome;
    const first = position - append.facts.length + 1;
    for (const fact of stamped(append, revision, (index) => first + index)) fresh.push(fact);
    counted.appends++;
    return E.right({ revision, position });
  };

  return {
    append: (stream, expected, facts) =>
      new Promise((resolve) => {
        requireAppendable(stream, facts);
        writing.append({ stream, expected, facts, resolve });
      }),
    readStream: (stream, { from = 0, max = Number.MAX_SAFE_INTEGER } = {}) => reading.page({ _tag: 'Stream', stream, from, max }),
    readAll: ({ after, max }) => reading.page({ _tag: 'All', after, upTo: Number.MAX_SAFE_INTEGER, max }),
    head: () => head,
    term: () => term,
    subscribe: subscribers.subscribe,
    stats: () => ({ ...counted, ...writing.counted() }),
    verifyAll: () => verifyApart(path),
    verifyStream: (stream) => verifyApart(path, stream),
    // The reader goes first, so that the writer is the last to close the file and leaves no WAL behind.
    close: () => writing.close(reading.close),
  };
};

/** A long job on a thread of its own, so that reads don't wait for it. */
const verifyApart = async (path: string, stream?: StreamName): Promise<Verification> => {
  const reading = startReading(path);
  try {
    return await reading.verify(stream);
  } finally {
    await reading.close();
  }
};

/** The one place where a fact that was handed in becomes a stored one: the same object, completed, now that it is on disk. */
const stamped = ({ stream, facts }: AppendRequest, revision: number, positionOf: (index: number) => number): readonly StoredFact[] => {
  const first = revision - facts.length + 1;
  const stored = facts as readonly (WireFact & { -readonly [K in 'stream' | 'revision' | 'position']: StoredFact[K] })[];
  for (const [i, fact] of stored.entries()) {
    fact.stream = stream;
    fact.revision = first + i;
    fact.position = positionOf(i);
  }
  return stored;
};
