import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from './adapters/clock/systemClock.ts';
import { readKeys } from './adapters/keys/readKeys.ts';
import { openerOf } from './adapters/keys/sealer.ts';
import { openFactReader } from './adapters/log/sqlite/factReader.ts';
import { lockBeside } from './adapters/log/sqlite/fileLock.ts';
import { followLog } from './adapters/log/sqlite/followLog.ts';
import { openIndexFile } from './adapters/past/indexFile.ts';
import { noIndex } from './adapters/past/noIndex.ts';
import type { Sealer } from './domain/kernel/codec.ts';
import type { Engine } from './domain/ports/engine.ts';
import type { Past } from './domain/ports/past.ts';
import { IndexDamaged, type PastIndex } from './domain/ports/pastIndex.ts';
import { recordedOf } from './domain/recordedOf.ts';
import { sealedTexts } from './history/asOf/sealedTexts.ts';
import { VIEWS_KEPT } from './history/asOf/state.ts';
import { createIndexer, type Indexer } from './history/indexing.ts';
import { createPast } from './history/past.ts';

/** Beside the log, in a folder that is private to its owner. */
export const INDEX_FILE = join('history', 'index.sqlite');

export type PastFiles = {
  /** The log. */
  readonly file: string;
  /** Where its index is kept; beside the log unless told otherwise, none at all for `false`. */
  readonly index?: string | false;
  /** Keys of sealed fields; beside the log unless told otherwise. What they don't open stays closed. */
  readonly keys?: string;
  /** The index is read, and never written. */
  readonly readOnly?: boolean;
  /** Facts between two boundaries of the index, where it is not the usual number. */
  readonly factsPerBoundary?: number;
};

export type OpenPast = Past & {
  /** The stored facts themselves, followed as they are written. */
  readonly log: Engine['log'];
  readonly decode: Engine['decode'];
  /** Brings the index one page further. @returns whether there may be more; false too where somebody else writes it */
  step(): boolean;
  /** Brings the index to the head. @param onProgress told of the position and the head now and then */
  catchUp(onProgress?: (position: number, head: number) => void): void;
  /** Position up to which there is an index. */
  indexed(): number;
  /** Positions at which the index kept parts of the views, in order. */
  boundaries(): readonly number[];
  /** Whether this process writes the index. */
  readonly isWriter: boolean;
  close(): void;
};

/** The past of a log file, read beside whoever writes it. Of all that open it the first writes the index. */
export const openPast = ({ file, index, keys, readOnly = false, factsPerBoundary }: PastFiles): OpenPast => {
  const reader = openFactReader(file);
  const opener = readKeys(keys ?? join(dirname(file), 'keys.sqlite'));
  const open = openerOf(opener);
  const sealer: Sealer = { open, seal: () => raise() };
  const read = (stored: Parameters<typeof recordedOf>[0]) => recordedOf(stored, sealer);
  const path = index === false ? undefined : (index ?? join(dirname(file), INDEX_FILE));
  const lock = readOnly || path === undefined ? undefined : lockOf(path);
  const sealed = sealedTexts(open);
  const of = { views: VIEWS_KEPT, log: reader.hashAt(1) ?? '' };
  const stands = (position: number, hash: string): boolean => position === 0 || reader.hashAt(position) === hash;
  let isDamaged = false;
  const openIndex = (): PastIndex => {
    if (isDamaged && lock === undefined) return noIndex();
    if (path === undefined || (lock === undefined && !existsSync(path))) return noIndex();
    const file = openIndexFile({ path, of, stands, readOnly: lock === undefined });
    return file === undefined
      ? noIndex()
      : telling(file, () => {
          isDamaged = true;
        });
  };

  let opened: { readonly index: PastIndex; readonly past: Past; readonly indexer: Indexer } | undefined;
  const current = () => {
    if (isDamaged && opened !== undefined) {
      // What was kept is not what was written: the index is dropped, and all of it is in the log still.
      if (lock !== undefined) opened.index.drop();
      opened.index.close();
      opened = undefined;
    }
    if (opened === undefined) {
      const fresh = openIndex();
      const decode: Parameters<typeof createIndexer>[2] = (stored, state) => {
        try {
          return recordedOf(stored, sealed.sealer);
        } catch (error) {
          state.giveUp(stored.stream, error instanceof Error ? error.message : String(error));
          return undefined;
        }
      };
      isDamaged = isDamaged && lock === undefined;
      opened = {
        index: fresh,
        past: createPast({ reader, index: sealed.opening(fresh), read }),
        indexer: createIndexer(reader, fresh, decode, factsPerBoundary),
      };
    }
    return opened;
  };
  /** Asked again where the index turned out to be damaged on the way. */
  const mended = <A>(ask: () => A): A => {
    try {
      return ask();
    } catch (error) {
      if (error instanceof IndexDamaged) return ask();
      throw error;
    }
  };
  const step = (): boolean => lock !== undefined && mended(() => current().indexer.step());
  const past = (): Past => current().past;
  const followed = followLog(reader, systemClock());
  return {
    log: followed,
    decode: read,
    head: () => past().head(),
    positionAt: (at) => past().positionAt(at),
    fact: (position) => past().fact(position),
    withId: (id) => past().withId(id),
    causedBy: (id, upTo) => past().causedBy(id, upTo),
    stream: (name, upTo) => past().stream(name, upTo),
    between: (after, upTo) => past().between(after, upTo),
    streamsOf: (app, upTo) => past().streamsOf(app, upTo),
    requestsFor: (subject, upTo) => past().requestsFor(subject, upTo),
    isVoid: (recorded) => past().isVoid(recorded),
    unreadable: () => past().unreadable(),
    views: (position) => mended(() => past().views(position)),
    boundaryBefore: (position) => past().boundaryBefore?.(position) ?? 0,
    onward: (position) => mended(() => past().onward?.(position)),
    growing: (position) => mended(() => past().growing?.(position) ?? raise()),
    step,
    catchUp: (onProgress) => {
      for (let more = true; more; ) {
        more = step();
        onProgress?.(current().index.position(), reader.head());
      }
    },
    indexed: () => current().index.position(),
    boundaries: () => current().index.boundaries(),
    isWriter: lock !== undefined,
    close: () => {
      followed.close();
      opened?.index.close();
      reader.close();
      opener.close();
      lock?.release();
    },
  };
};

/** A part that is read late, long after the views were asked for, may be the one that shows it. */
const telling = (index: PastIndex, onDamage: () => void): PastIndex => ({
  ...index,
  part: (part, boundary) => {
    try {
      return index.part(part, boundary);
    } catch (error) {
      if (error instanceof IndexDamaged) onDamage();
      throw error;
    }
  },
});

const lockOf = (path: string): ReturnType<typeof lockBeside> | undefined => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return lockBeside(path);
  } catch {
    return undefined;
  }
};

const raise = (): never => {
  throw new Error('the past seals nothing');
};
