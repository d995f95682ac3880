import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ArchiveUnreachable } from '../../../domain/kernel/archiveUnreachable.ts';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import { packUuid } from './packedIds.ts';

/** A log out of which streams have gone into archives is of format 2: what format 1 has, and the two tables of `ARCHIVES`. */
export const ARCHIVING_FORMAT = 2;

/**
 * archive   one row per file; `removed` and `gone` count the streams and facts that have left the log so far
 * archived  one row per stream that has: where its chain stood, and the position of its last fact
 *
 * Positions of archived facts are given to nobody again: behind them stands at least the fact that tells of the archive.
 */
export const ARCHIVES = `
CREATE TABLE archive (
  id INTEGER PRIMARY KEY,
  file TEXT NOT NULL UNIQUE,
  directory TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  facts INTEGER NOT NULL,
  streams INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  gone INTEGER NOT NULL
);
CREATE TABLE archived (
  stream INTEGER PRIMARY KEY REFERENCES stream,
  archive INTEGER NOT NULL REFERENCES archive,
  revision INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL
);
`;

export type ArchiveRow = {
  readonly id: number;
  readonly file: string;
  /** Where the operator had it written. */
  readonly directory: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  readonly facts: number;
  readonly streams: number;
  /** Streams that have left the log so far. */
  readonly removed: number;
  /** Their facts. */
  readonly gone: number;
};

export const formatOf = (db: DatabaseSync): number => Number(Object.values(db.prepare('PRAGMA user_version').get() ?? {})[0]);

export const archivesIn = (db: DatabaseSync): readonly ArchiveRow[] =>
  formatOf(db) < ARCHIVING_FORMAT
    ? []
    : (db
        .prepare('SELECT id, file, directory, lower(hex(sha256)) AS sha256, facts, streams, removed, gone FROM archive ORDER BY id')
        .all() as unknown as readonly ArchiveRow[]);

/** Streams that have left so far: grows with every step of an archiving, so that readers notice. */
export const removedStreams = (db: DatabaseSync): number => removedStreamsOf(db)();

/** As `removedStreams`, for one who asks often: the statements are prepared once. */
export const removedStreamsOf = (db: DatabaseSync): (() => number) => {
  const format = db.prepare('PRAGMA user_version');
  let count: StatementSync | undefined;
  return () => {
    if (count === undefined) {
      if (Number(format.get()?.user_version) < ARCHIVING_FORMAT) return 0;
      count = db.prepare('SELECT total(removed) AS n FROM archive');
    }
    return Number(count.get()?.n);
  };
};

/** Where an archive is now: where it was written, or in a folder `archive` beside the log, to where a copy of both may have been moved. */
export const findArchive = ({ directory, file }: ArchiveRow, log: string): string | undefined =>
  [join(directory, file), join(dirname(log), 'archive', file)].find((path) => existsSync(path));

/** The archive of a stream that has left the log. */
export const archiveOf = (db: DatabaseSync, stream: StreamName): ArchiveRow | undefined => {
  if (formatOf(db) < ARCHIVING_FORMAT) return undefined;
  const row = db
    .prepare(
      'SELECT archive FROM archived WHERE stream = (SELECT s.id FROM stream s JOIN word w ON w.id = s.noun WHERE w.text = ? AND s.key = ?)',
    )
    .get(nounOf(stream), packUuid(keyOf(stream)));
  return row === undefined ? undefined : archivesIn(db).find(({ id }) => id === Number(row.archive));
};

/** Facts that stand in these archives and no longer in the log. */
export const factsIn = (archives: readonly ArchiveRow[]): number => archives.reduce((sum, { gone }) => sum + gone, 0);

export const unreachable = (what: string, archive: ArchiveRow, log: string): ArchiveUnreachable =>
  new ArchiveUnreachable(
    `${what} stands in the archive '${archive.file}', which is neither in '${archive.directory}' nor in '${join(dirname(log), 'archive')}' (of the log '${basename(log)}')`,
  );

/** Where streams stood that left the log for an archive, of those whose last fact has `after` < position ≤ `upTo`. */
export const archivedHeads = (
  db: DatabaseSync,
  archive: number,
  after: number,
  upTo: number,
): readonly { readonly stream: number; readonly revision: number; readonly hash: Uint8Array }[] =>
  db
    .prepare('SELECT stream, revision, hash FROM archived WHERE archive = ? AND position > ? AND position <= ?')
    .all(archive, after, upTo) as never;
