import { existsSync, realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { lockBeside } from './fileLock.ts';
import { type AppendRequest, groupUnpacker, type LogThreadAnswer, type LogThreadRequest, packOutcomes } from './groupMessage.ts';
import { prepareSchema } from './schema.ts';
import { type Writer, writerOf } from './writer.ts';

/**
 * The log thread: the only writer of the file. While a commit waits for the disk, messages gather; the next commit follows at once and takes
 * of what has gathered, so commits grow with the load and nobody waits for a timer.
 */

/** Facts in one transaction, so that a flood can't hold the acknowledgements of its first appends for long. */
const FACTS_PER_COMMIT_MAX = 10_000;
/** Facts that share a commit, with its sync of the disk, where so many wait. */
const FACTS_PER_COMMIT_MIN = 200;
/** How long a commit waits for a step of an archiving, the only other writer, ms. */
const ARCHIVING_MAX_MS = 5_000;
const CACHE_KIB = 64 * 1024;
/** A bound for the case that our own checkpoints fail: SQLite then tries at each commit. */
const AUTOCHECKPOINT_PAGES = 8_000;

const { path, synchronous, isMirror } = workerData as { path: string; synchronous: 'FULL' | 'NORMAL' | 'OFF'; isMirror: boolean };
const port = parentPort;
if (port === null) throw new Error('writeThread.ts runs as a worker only');

const say = (answer: LogThreadAnswer): void => port.postMessage(answer);
const cpuMicros = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

const open = (): { readonly writer: Writer; readonly close: () => void } => {
  const real = existsSync(path) ? realpathSync(path) : path;
  const lock = lockBeside(real);
  try {
    // The writer itself gives out the ids that rows refer to; checking six of them for each fact is a third of its cost.
    const db = new DatabaseSync(real, { enableForeignKeyConstraints: false, timeout: ARCHIVING_MAX_MS });
    prepareSchema(db, path);
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -${CACHE_KIB}; ` +
        `PRAGMA wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}; PRAGMA temp_store = MEMORY`,
    );
    const close = () => {
      db.close();
      lock.release();
    };
    return { writer: writerOf(db, !isMirror), close };
  } catch (error) {
    lock.release();
    throw error;
  }
};

/**
 * Commits grow with what waits, and no faster: a quarter of it goes into one. Those who are answered early go on while the rest is written, so
 * that both threads are at work; one commit for all would have each wait for the other.
 */
const factsPerCommit = (waiting: number): number => Math.min(FACTS_PER_COMMIT_MAX, Math.max(FACTS_PER_COMMIT_MIN, waiting >> 2));

const run = ({ writer, close }: ReturnType<typeof open>): void => {
  const waiting: AppendRequest[] = [];
  const factsWaiting = (): number => waiting.reduce((sum, { facts }) => sum + facts.length, 0);
  const commitWaiting = (): void => {
    while (waiting.length > 0) {
      const most = factsPerCommit(factsWaiting());
      let facts = 0;
      let count = 0;
      while (count < waiting.length && facts < most) facts += waiting[count++]?.facts.length ?? 0;
      const group = waiting.splice(0, count);
      let appends = group.length;
      // What the main thread hands over while the first rows are written joins them: both threads work at the same time.
      const more = (): readonly AppendRequest[] => {
        const next = facts < most && waiting.length === 0 ? receive() : undefined;
        if (next === undefined) return [];
        for (const append of next) facts += append.facts.length;
        appends += next.length;
        return next;
      };
      const result = writer.commit(group, more);
      if (result._tag === 'Committed') say({ _tag: 'Committed', outcomes: packOutcomes(result.outcomes), cpuMicros: cpuMicros() });
      else say({ _tag: 'RolledBack', appends, reason: result.reason, cpuMicros: cpuMicros() });
      writer.checkpointIfDue();
    }
  };
  const unpackGroup = groupUnpacker();
  let isClosing = false;
  const unpack = (message: LogThreadRequest): readonly AppendRequest[] | undefined => {
    if (message !== 'close') return unpackGroup(message);
    isClosing = true;
    return undefined;
  };
  /** The next message that has come, if there is one; nothing comes behind the last. */
  const receive = (): readonly AppendRequest[] | undefined => {
    const next = isClosing ? undefined : receiveMessageOnPort(port);
    return next === undefined ? undefined : unpack(next.message);
  };
  port.on('message', (first: LogThreadRequest) => {
    for (const append of unpack(first) ?? []) waiting.push(append);
    commitWaiting();
    if (!isClosing) return;
    close();
    say({ _tag: 'Closed' });
    port.close();
  });
  say({ _tag: 'Opened', head: writer.head(), term: writer.term() });
};

try {
  run(open());
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say({ _tag: 'Failed', reason: message.includes(path) ? message : `the log '${path}' cannot be opened: ${message}` });
  port.close();
}
