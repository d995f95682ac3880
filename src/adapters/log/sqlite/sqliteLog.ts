import type { Worker } from 'node:worker_threads';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import type { Appended, AppendFault, EventLog, StoredFact, WireFact } from '../../../domain/kernel/ports.ts';
import { requireAppendable } from '../requireAppendable.ts';
import { subscribersOf } from '../subscribers.ts';
import { type AppendRequest, type LogThreadAnswer, packGroup, unpackOutcome } from './groupMessage.ts';
import { startReading } from './readers.ts';
import { ended, startThread } from './threads.ts';
import type { Verification } from './verify.ts';

/** The embedded log: one SQLite file, written by one thread, read by another. See README.md beside this file. */
export type SqliteLog = EventLog & {
  /** Recomputes every chain, on a thread of its own; about a second for 200,000 facts. */
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
  /** Transactions, each with one fsync, that these shared. */
  readonly commits: number;
  /** Transactions that SQLite refused (disk full, input/output error). */
  readonly rolledBack: number;
  /** Appends that wait for an answer now. */
  readonly waiting: number;
  /** CPU time of the log thread, microseconds. */
  readonly logThreadCpuMicros: number;
};

export type SqliteLogOptions = {
  readonly path: string;
  /** OFF acknowledges before facts are on disk: for tests and throw-away logs only. */
  readonly synchronous?: 'FULL' | 'OFF';
};

type Waiting = AppendRequest & { readonly resolve: (answer: Either<AppendFault, Appended>) => void };

/** @throws Error in plain words: the file is in use by another engine, of a newer format, not a log, or can't be opened. */
export const openSqliteLog = async ({ path, synchronous = 'FULL' }: SqliteLogOptions): Promise<SqliteLog> => {
  const writing = startThread('writeThread', { path, synchronous });
  const gone = ended(writing);
  const opened = await firstAnswer(writing);
  if (opened._tag !== 'Opened') {
    await gone;
    throw new Error(opened._tag === 'Failed' ? opened.reason : `the log '${path}' did not open`);
  }
  return started(path, writing, gone, opened);
};

const firstAnswer = (thread: Worker): Promise<LogThreadAnswer> =>
  new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });

const started = (
  path: string,
  writing: Worker,
  gone: Promise<void>,
  opened: { readonly head: number; readonly term: number },
): SqliteLog => {
  const reading = startReading(path);
  let { head, term } = opened;
  /** Appends of this turn of the event loop, which go to the log thread together at its end. */
  let gathered: Waiting[] = [];
  /** Appends that the log thread has, in order. */
  const sent: Waiting[] = [];
  let sentFrom = 0;
  let unavailable: string | undefined;
  const counted = { appends: 0, facts: 0, commits: 0, rolledBack: 0, logThreadCpuMicros: 0 };
  const subscribers = subscribersOf({
    head: () => head,
    read: (after, upTo, max) => reading.page({ _tag: 'All', after, upTo, max }),
  });

  const send = (): void => {
    const group = gathered;
    gathered = [];
    if (unavailable !== undefined) {
      answerAll(group, unavailable);
      return;
    }
    for (const append of group) sent.push(append);
    writing.postMessage(packGroup(group));
  };
  const answerAll = (appends: readonly Waiting[], reason: string): void => {
    for (const { resolve } of appends) resolve(E.left({ _tag: 'Unavailable', reason }));
  };
  /** Takes the next `count` appends off `sent`; shifting each one would be quadratic for V8 with long queues. */
  const takeSent = (count: number): Waiting[] => {
    const taken = sent.slice(sentFrom, sentFrom + count);
    sentFrom += count;
    if (sentFrom === sent.length) {
      sent.length = 0;
      sentFrom = 0;
    } else if (sentFrom > 10_000) {
      sent.splice(0, sentFrom);
      sentFrom = 0;
    }
    return taken;
  };

  const committed = ({ outcomes, cpuMicros }: Extract<LogThreadAnswer, { _tag: 'Committed' }>): void => {
    const group = takeSent(outcomes.length / 3);
    const fresh: StoredFact[] = [];
    const answers = group.map((append, i): Either<AppendFault, Appended> => {
      const outcome = unpackOutcome(outcomes, i, append);
      if (outcome._tag === 'AlreadyThere') {
        const { revision, positions } = outcome;
        stamped(append, revision, (n) => positions[n] ?? 0);
        return E.right({ revision, position: positions.at(-1) ?? 0 });
      }
      if (outcome._tag !== 'Written') return E.left(outcome);
      const { revision, position } = outcome;
      const before = position - append.facts.length + 1;
      for (const fact of stamped(append, revision, (n) => before + n)) fresh.push(fact);
      counted.appends++;
      return E.right({ revision, position });
    });
    counted.commits++;
    counted.facts += fresh.length;
    counted.logThreadCpuMicros = cpuMicros;
    const last = fresh.at(-1);
    if (last !== undefined) {
      head = last.position;
      term = last.meta.term;
      subscribers.deliver(fresh);
    }
    for (const [i, { resolve }] of group.entries()) resolve(answers[i] as Either<AppendFault, Appended>);
  };

  writing.on('message', (answer: LogThreadAnswer) => {
    if (answer._tag === 'Committed') committed(answer);
    else if (answer._tag === 'RolledBack') {
      counted.rolledBack++;
      counted.logThreadCpuMicros = answer.cpuMicros;
      answerAll(takeSent(answer.appends), answer.reason);
    }
  });
  writing.on('error', (error) => {
    unavailable ??= `the log thread ended: ${error.message}`;
  });
  writing.on('exit', () => {
    unavailable ??= 'the log thread ended';
    answerAll(takeSent(sent.length - sentFrom), unavailable);
  });

  return {
    append: (stream, expected, facts) =>
      new Promise((resolve) => {
        requireAppendable(stream, facts);
        if (unavailable !== undefined) return resolve(E.left({ _tag: 'Unavailable', reason: unavailable }));
        // At the end of this turn: whoever else appends in answer to the same commit shares the next one.
        if (gathered.length === 0) setImmediate(send);
        gathered.push({ stream, expected, facts, resolve });
      }),
    readStream: (stream, { from = 0, max = Number.MAX_SAFE_INTEGER } = {}) => reading.page({ _tag: 'Stream', stream, from, max }),
    readAll: ({ after, max }) => reading.page({ _tag: 'All', after, upTo: Number.MAX_SAFE_INTEGER, max }),
    head: () => head,
    term: () => term,
    subscribe: subscribers.subscribe,
    stats: () => ({ ...counted, waiting: gathered.length + sent.length - sentFrom }),
    verifyAll: () => verifyApart(path),
    verifyStream: (stream) => verifyApart(path, stream),
    close: async () => {
      if (unavailable === undefined) {
        if (gathered.length > 0) send();
        unavailable = 'the log is closed';
        // The reader goes first, so that the writer is the last to close the file and leaves no WAL behind.
        await reading.close();
        writing.postMessage('close');
      }
      await gone;
    },
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
