import { createHash } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import { bytesOf } from '../../../domain/proof/bytes.ts';
import { type FactDocument, factDocument } from '../../../domain/proof/chained.ts';
import { type ArchiveRow, archivesIn, findArchive } from './archives.ts';
import { packTraceparent, packUuid } from './packedIds.ts';

/** How long one waits for another who unpacks the same, ms. */
const LOCKED_MAX_MS = 60_000;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS unpacked (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
  position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, type INTEGER NOT NULL, id BLOB NOT NULL,
  at INTEGER NOT NULL, term INTEGER NOT NULL, by INTEGER NOT NULL, correlation BLOB NOT NULL, causation BLOB NOT NULL,
  state INTEGER NOT NULL, owes INTEGER NOT NULL, due INTEGER, chart INTEGER, trace BLOB, data TEXT NOT NULL, hash BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS fact_of_stream ON fact (stream, revision);
`;

/** An archive that is not the file that was recorded. */
export class ArchiveDamaged extends Error {
  override name = 'ArchiveDamaged';
}

/** The lines of an archive between its header and its footer. @throws ArchiveDamaged where it is not the file that was recorded */
export const archivedDocuments = function* (path: string, sha256: string): Generator<FactDocument, void> {
  const bytes = readFileSync(path);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new ArchiveDamaged(damage(path, found, sha256));
  const lines = zstdDecompressSync(bytes).toString('utf8').split('\n');
  for (const line of lines.slice(1, -2)) yield factDocument.parse(JSON.parse(line));
};

/**
 * Reads archives into a file beside the index of the past, in the log's own numbers, so that whoever reads them reads as from the log. It is
 * thrown away without loss. @returns its path, and the archives that cannot be reached or are not what was recorded
 */
export const unpackArchives = (log: DatabaseSync, logPath: string): { readonly path: string; readonly missing: readonly ArchiveRow[] } => {
  const folder = join(dirname(realpathSync(logPath)), 'history');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'archives.sqlite');
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const db = new DatabaseSync(path, { timeout: LOCKED_MAX_MS });
  const missing: ArchiveRow[] = [];
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
    const isThere = db.prepare('SELECT 1 FROM unpacked WHERE sha256 = ?');
    for (const archive of archivesIn(log)) {
      // What was read once is there without the file, and its chains vouch for it.
      if (isThere.get(archive.sha256) !== undefined) continue;
      const file = findArchive(archive, logPath);
      if (file === undefined) {
        missing.push(archive);
        continue;
      }
      db.exec('BEGIN IMMEDIATE');
      try {
        // Whoever was waited for may have done it.
        if (isThere.get(archive.sha256) === undefined) unpack(log, db, file, archive);
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        // As if it were not there: verifying tells that it is, and that it is not what was recorded.
        if (!(error instanceof ArchiveDamaged)) throw error;
        missing.push(archive);
      }
    }
    return { path, missing };
  } finally {
    db.close();
  }
};

const unpack = (log: DatabaseSync, db: DatabaseSync, file: string, { sha256 }: ArchiveRow): void => {
  const insert = db.prepare(`INSERT OR REPLACE INTO fact VALUES (${Array(17).fill('?').join(', ')})`);
  const word = numbersBy(log.prepare('SELECT id FROM word WHERE text = ?'), (text) => [text]);
  const stream = numbersBy(
    log.prepare('SELECT s.id FROM stream s JOIN word w ON w.id = s.noun WHERE w.text = ? AND s.key = ?'),
    (name: StreamName) => [nounOf(name), packUuid(keyOf(name))],
  );
  for (const fact of archivedDocuments(file, sha256)) {
    const { position, revision, id, at, term, correlationId, causationId, due = null, chart, traceparent, data, hash } = fact;
    insert.run(
      position,
      stream(fact.stream),
      revision,
      word(fact.type),
      packUuid(id),
      at,
      term,
      word(fact.by),
      packUuid(correlationId),
      packUuid(causationId),
      word(fact.state),
      word(fact.owes),
      due,
      chart === undefined ? null : word(chart),
      traceparent === undefined ? null : packTraceparent(traceparent),
      data,
      bytesOf(hash) ?? new Uint8Array(0),
    );
  }
  db.prepare('INSERT INTO unpacked VALUES (?)').run(sha256);
};

/** The log's own numbers for texts; 0 for one that it does not have, which no reader finds. */
const numbersBy = (row: StatementSync, keysOf: (text: string) => readonly (string | Uint8Array)[]): ((text: string) => number) => {
  const known = new Map<string, number>();
  return (text) => {
    let id = known.get(text);
    if (id === undefined) {
      id = Number(row.get(...keysOf(text))?.id ?? 0);
      known.set(text, id);
    }
    return id;
  };
};

/** Why archives are not what was recorded: another SHA-256. Those out of reach are not looked at. */
export const damagedArchives = (log: DatabaseSync, logPath: string): readonly string[] =>
  archivesIn(log).flatMap((archive) => {
    const file = findArchive(archive, logPath);
    if (file === undefined) return [];
    const found = createHash('sha256').update(readFileSync(file)).digest('hex');
    return found === archive.sha256 ? [] : [damage(file, found, archive.sha256)];
  });

const damage = (path: string, found: string, recorded: string): string =>
  `the archive '${path}' is not what was recorded: its SHA-256 is ${found}, not ${recorded}`;
