import { existsSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { createElection } from '../adapters/log/esdb/client/election.ts';
import { openEventStoreLog } from '../adapters/log/esdb/client/eventStoreLog.ts';
import { explain } from '../adapters/log/esdb/client/explain.ts';
import { placeFile } from '../adapters/log/esdb/client/mirrorPlace.ts';
import { type AllPosition, openWire, type ReadEvent, type Wire } from '../adapters/log/esdb/client/wire.ts';
import { lockBeside } from '../adapters/log/sqlite/fileLock.ts';
import { type LogFile, openLogFile } from '../adapters/log/sqlite/logFile.ts';
import { sha256 } from '../adapters/log/sqlite/sha256.ts';
import { openSqliteLog } from '../adapters/log/sqlite/sqliteLog.ts';
import { eventOf, factOf, strangeFact } from '../adapters/log/wireEvent.ts';
import { chainHash, NO_HASH } from '../domain/kernel/chain.ts';
import { nouns } from '../domain/nouns.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import type { ChainedFact } from '../domain/proof/chained.ts';

/** Of one append to the store. */
const RUN_FACTS_MAX = 500;
const RUN_CHARS_MAX = 256 * 1024;
/** While a log is copied nobody leads on it: the copy holds the lease for so long at a time, ms. */
const LEASE_MS = 10_000;
const RETRY_MS = 500;
const PROGRESS_FACTS = 1_000;

export type StoreCopyOptions = {
  /** `esdb://…` */
  readonly store: string;
  /** The embedded log. */
  readonly file: string;
  /** @param total undefined where nobody knows it yet */
  onProgress?(what: 'compared' | 'copied' | 'checked', facts: number, total: number | undefined): void;
  onTrouble?(text: string): void;
  readonly signal?: AbortSignal;
};

export type StoreCopied = {
  readonly facts: number;
  readonly streams: number;
  /** Of these, what an earlier copy that did not come to its end had brought there. */
  readonly before: number;
};

const PREFIXES = Object.keys(nouns).map((noun) => `${noun}-`);

/**
 * Copies an embedded log to a store of which the engine's streams are empty, or hold the beginning of the same log. Order and hashes are the
 * same there; each fact is read back and compared.
 * @throws Error in plain words
 */
export const copyToStore = async (options: StoreCopyOptions): Promise<StoreCopied> => {
  const { store, file, onProgress, signal } = options;
  if (!existsSync(file)) throw new Error(`there is no log '${file}'`);
  const lock = lockBeside(file);
  const log = openLogFile(file);
  // Read twice at once, each in its own place.
  const source = openLogFile(file);
  const wire = openWire(store);
  try {
    if (log.elsewhere() > 0)
      throw new Error(`${log.elsewhere()} facts of the log stand in archives that can't be reached; put them beside it`);
    return await leading(wire, options, async () => {
      const head = log.head();
      const comparison = compared(log, head);
      const position = await eachEvent(wire, undefined, options, (event) => {
        comparison.take(event);
        if (comparison.facts() % PROGRESS_FACTS === 0) onProgress?.('compared', comparison.facts(), head);
      });
      const before = comparison.facts();
      let copied = before;
      for (const run of runsOf(source.facts(before, head))) {
        signal?.throwIfAborted();
        await append(wire, run, options);
        copied += run.length;
        onProgress?.('copied', copied, head);
      }
      await eachEvent(wire, position, options, (event) => {
        comparison.take(event);
        if (comparison.facts() % PROGRESS_FACTS === 0) onProgress?.('checked', comparison.facts(), head);
      });
      if (comparison.facts() !== head) throw new Error(`the store holds ${comparison.facts()} facts, and the log ${head}`);
      return { facts: head, streams: comparison.streams(), before };
    });
  } finally {
    await wire.close();
    log.close();
    source.close();
    lock.release();
  }
};

/**
 * Copies what a store holds of the engine's log into a new file, in the same order and with the same hashes; each fact is compared with the
 * store once more. The file stands under its name only when it is whole; a copy that was interrupted goes on where it was.
 * @throws Error in plain words
 */
export const copyFromStore = async (options: StoreCopyOptions): Promise<StoreCopied> => {
  const { store, file, onProgress, onTrouble, signal } = options;
  if (existsSync(file)) throw new Error(`'${file}' is there already; a copy makes a new log`);
  const lock = lockBeside(file);
  const half = `${file}.copying`;
  const place = `${half}.json`;
  const wire = openWire(store);
  try {
    return await leading(wire, options, async () => {
      const mirror = await openSqliteLog({ path: half, synchronous: 'NORMAL', isMirror: true });
      const before = mirror.head();
      const log = await openEventStoreLog({
        wire,
        mirror,
        places: placeFile(place),
        nouns: Object.keys(nouns),
        onProgress: (facts) => onProgress?.('copied', facts, undefined),
        onTrouble: (text) => text !== undefined && onTrouble?.(text),
        ...(signal !== undefined && { signal }),
      }).catch(async (error) => {
        await mirror.close();
        throw error;
      });
      await log.close();
      const copy = openLogFile(half);
      try {
        const head = copy.head();
        const comparison = compared(copy, head);
        await eachEvent(wire, undefined, options, (event) => {
          comparison.take(event);
          if (comparison.facts() % PROGRESS_FACTS === 0) onProgress?.('checked', comparison.facts(), head);
        });
        if (comparison.facts() !== head) throw new Error(`the store holds ${comparison.facts()} facts, and the copy ${head}`);
        return { facts: head, streams: comparison.streams(), before };
      } finally {
        copy.close();
      }
    }).then((copied) => {
      renameSync(half, file);
      for (const left of [place, `${half}.lock`, `${half}-wal`, `${half}-shm`]) rmSync(left, { force: true });
      return copied;
    });
  } finally {
    await wire.close();
    lock.release();
  }
};

/** No engine leads on the store meanwhile, nor another copy. */
const leading = async <A>(wire: Wire, { onTrouble, signal }: StoreCopyOptions, work: () => Promise<A>): Promise<A> => {
  const refused = Promise.withResolvers<never>();
  const election = createElection({
    wire,
    leaseMs: LEASE_MS,
    onTrouble: (text) => {
      if (text !== undefined) onTrouble?.(text);
    },
    onRefused: (text) => refused.reject(new Error(text)),
  });
  const withdrawn = new AbortController();
  signal?.addEventListener('abort', () => withdrawn.abort(), { once: true });
  const stop = election.onChange((leader) => {
    if (leader !== undefined && leader.holder !== HOLDER)
      onTrouble?.(`${leader.holder} leads on this log: it is copied when that has stopped`);
  });
  try {
    const reign = await Promise.race([election.campaign({ holder: HOLDER, url: '' }, withdrawn.signal), refused.promise]);
    if (reign === undefined) throw new Error('the copy was given up');
    try {
      return await work();
    } finally {
      await reign.release();
    }
  } finally {
    stop();
    withdrawn.abort();
    await election.close();
  }
};

const HOLDER = `a copy of the log, ${hostname()}:${process.pid}`;

/** Reads on through a log as a store tells its facts, and finds the first that is another. */
const compared = (log: LogFile, head: number) => {
  const facts = log.facts(0, head);
  const hashOf = chainHash(sha256);
  const heads = new Map<string, Uint8Array>();
  let count = 0;
  return {
    /** @throws Error for an event that is not the next fact of the log */
    take: (event: ReadEvent): void => {
      const next = facts.next();
      const what = `${event.stream} revision ${event.revision} (${event.type})`;
      if (next.done === true)
        throw new Error(`the store holds ${what}, behind all facts of the log: it is not the beginning of the same log`);
      const { stream, revision, hash, meta } = next.value;
      const fact = factOf(event) ?? strangeFact(event, event.created, meta.term);
      const found = hashOf(heads.get(event.stream) ?? NO_HASH, event.stream, event.revision, fact);
      if (stream !== event.stream || revision !== event.revision || hexOf(found) !== hexOf(hash))
        throw new Error(`the store holds ${what} where the log has ${stream} revision ${revision} (${next.value.type}): they are two logs`);
      heads.set(stream, found);
      count++;
    },
    facts: () => count,
    streams: () => heads.size,
  };
};

/** Every event of the engine's streams behind a place, up to now. @returns the place of the last one */
const eachEvent = async (
  wire: Wire,
  after: AllPosition | undefined,
  { onTrouble, signal }: StoreCopyOptions,
  take: (event: ReadEvent) => void,
): Promise<AllPosition | undefined> => {
  let position = after;
  for (;;) {
    signal?.throwIfAborted();
    const caughtUp = Promise.withResolvers<'caught up'>();
    let broken: { readonly error: unknown } | undefined;
    const following = await wire.followAll(position, PREFIXES, (message) => {
      if (broken !== undefined) return;
      if (message._tag === 'CaughtUp') caughtUp.resolve('caught up');
      if (message._tag !== 'Event') return;
      try {
        take(message.event);
        ({ position } = message.event);
      } catch (error) {
        broken = { error };
        caughtUp.resolve('caught up');
      }
    });
    const ended = await Promise.race([caughtUp.promise, following.ended]);
    following.cancel();
    if (broken !== undefined) throw broken.error;
    if (ended === 'caught up') return position;
    const { isPassing, text } = explain(ended);
    if (!isPassing) throw new Error(text);
    onTrouble?.(text);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
};

/** Neighbours of one stream are one append; more than one at a time would not keep the order. */
function* runsOf(facts: Iterable<ChainedFact>): Generator<readonly ChainedFact[]> {
  let run: ChainedFact[] = [];
  let chars = 0;
  for (const fact of facts) {
    const [first] = run;
    if (first !== undefined && (first.stream !== fact.stream || run.length >= RUN_FACTS_MAX || chars + fact.data.length > RUN_CHARS_MAX)) {
      yield run;
      run = [];
      chars = 0;
    }
    run.push(fact);
    chars += fact.data.length;
  }
  if (run.length > 0) yield run;
}

const append = async (wire: Wire, run: readonly ChainedFact[], { onTrouble, signal }: StoreCopyOptions): Promise<void> => {
  const [first] = run;
  if (first === undefined) return;
  const events = run.map(eventOf);
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await wire.append(first.stream, first.revision - 1, events);
      if (answer._tag === 'Appended') return;
      throw new Taken(
        `${first.stream} stands at revision ${answer.actual} at the store, and at ${first.revision - 1} in the copy: somebody else writes`,
      );
    } catch (error) {
      if (error instanceof Taken) throw error;
      const { isPassing, text } = explain(error);
      if (!isPassing) throw new Error(`${first.stream} revision ${first.revision}: ${text}`);
      onTrouble?.(text);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
};

class Taken extends Error {}
