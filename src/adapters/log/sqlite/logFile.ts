import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { StreamName, Uuid } from '../../../domain/kernel/ids.ts';
import type { Instant } from '../../../domain/kernel/units.ts';
import { hexOf } from '../../../domain/proof/bytes.ts';
import type { ChainedFact } from '../../../domain/proof/chained.ts';
import { type HeadTree, headTree } from '../../../domain/proof/headTree.ts';
import { type ArchiveRow, archivedHeads, archiveOf, archivesIn, factsIn, removedStreams } from './archives.ts';
import { chainedRows } from './chainedRows.ts';
import { openWhole } from './openWhole.ts';
import { packUuid } from './packedIds.ts';
import { isLog } from './schema.ts';
import { sha256 } from './sha256.ts';
import { damagedArchives } from './unpackedArchives.ts';

/** A log as a file that is only read, in this thread: by an auditor, also while an engine writes it. */
export type LogFile = {
  readonly path: string;
  /** Which log it is: the hash of its first fact, in hex. Undefined for an empty log. */
  identity(): string | undefined;
  head(): number;
  /** Facts that stand in archives which can't be reached, and are not among these. */
  elsewhere(): number;
  /** Streams that have left the log by now: who opened it before more did opens it again. */
  removed(): number;
  archives(): readonly ArchiveRow[];
  /** Whether a stream has left the log. */
  isArchived(stream: StreamName): boolean;
  /** Why archives are not what was recorded, with the file; those that can't be reached are not looked at. */
  damagedArchives(): readonly string[];
  /** Facts with `after` < position ≤ `upTo`, with their hashes, in order. */
  facts(after: number, upTo: number): Generator<ChainedFact, void>;
  /** Facts of one stream from a revision, up to a position. */
  stream(name: StreamName, from?: number, upTo?: number): Generator<ChainedFact, void>;
  fact(position: number): ChainedFact | undefined;
  /** Looks at every fact: ids of facts are in no index. */
  withId(id: Uuid): ChainedFact | undefined;
  /** Position of the last fact that was recorded at or before an instant; looks at every fact. */
  positionAt(at: Instant): number;
  /** A tree that follows this log's heads as far as it is asked to. */
  heads(): FollowedHeads;
  close(): void;
};

export type FollowedHeads = Pick<HeadTree, 'size' | 'root' | 'prove'> & {
  /** Takes the facts up to a position, or to the head. @returns the position that the tree stands at now */
  advance(upTo?: number): number;
};

/** @throws Error in plain words: there is no such file, it is no log, or of a newer format. */
export const openLogFile = (path: string): LogFile => {
  if (!existsSync(path)) throw new Error(`there is no file '${path}'`);
  const { db, missing } = openWhole(path);
  try {
    if (!isLog(db, path)) throw new Error(`'${path}' is empty: no log`);
    db.exec('PRAGMA cache_size = -32768');
    return logFileOver(db, path, missing);
  } catch (error) {
    db.close();
    throw error instanceof Error && !error.message.includes(path) ? new Error(`the log '${path}' cannot be read: ${error.message}`) : error;
  }
};

const logFileOver = (db: DatabaseSync, path: string, missing: readonly ArchiveRow[]): LogFile => {
  const rows = chainedRows(db);
  const last = db.prepare('SELECT coalesce(max(position), 0) AS n FROM main.fact');
  const head = (): number => Number(last.get()?.n);
  const fact = (position: number): ChainedFact | undefined => {
    for (const found of rows.between(position - 1, position)) return found;
    return undefined;
  };
  return {
    path,
    identity: () => {
      const first = fact(1);
      return first === undefined ? undefined : hexOf(first.hash);
    },
    head,
    elsewhere: () => factsIn(missing),
    removed: () => removedStreams(db),
    archives: () => archivesIn(db),
    isArchived: (stream) => archiveOf(db, stream) !== undefined,
    damagedArchives: () => damagedArchives(db, path),
    facts: rows.between,
    stream: (name, from = 0, upTo = Number.MAX_SAFE_INTEGER) => rows.ofStream(name, from, upTo),
    fact,
    withId: (id) => {
      const found = db.prepare('SELECT position FROM fact WHERE id = ?').get(packUuid(id));
      return found === undefined ? undefined : fact(Number(found.position));
    },
    positionAt: (at) => Number(db.prepare('SELECT coalesce(max(position), 0) AS n FROM fact WHERE at <= ?').get(at)?.n),
    heads: () => {
      const tree = headTree(sha256);
      let position = 0;
      return {
        size: tree.size,
        root: tree.root,
        prove: tree.prove,
        advance: (upTo = head()) => {
          for (const [stream, revision, hash] of rows.headsBetween(position, upTo)) tree.take(stream, rows.nameOf, revision, hash);
          // Of streams that left the log for an archive out of reach the heads were kept.
          for (const { id } of missing)
            for (const head of archivedHeads(db, id, position, upTo)) tree.take(head.stream, rows.nameOf, head.revision, head.hash);
          position = Math.max(position, upTo);
          return position;
        },
      };
    },
    close: () => db.close(),
  };
};
