import { DatabaseSync } from 'node:sqlite';
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { IndexDamaged, type PastIndex } from '../../domain/ports/pastIndex.ts';
import { emptyIndex, type IndexOf, isIndexOf, readAbout } from './schema.ts';

export type IndexFileOptions = {
  readonly path: string;
  readonly of: IndexOf;
  /** Whether the log still says this of the place up to which it was indexed; where not the index is of another log. */
  readonly stands: (position: number, hash: string) => boolean;
  /** Only read: nothing is emptied, and `undefined` is answered where it is no index of this log. */
  readonly readOnly?: boolean;
};

const ITSELF = 0;
const LED_TO_BY = 1;
const PREFIX_CHARS = 24;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const PAGE_BYTES = 8_192;

/** @returns undefined where it may only be read and is no index of this log. */
export const openIndexFile = ({ path, of, stands, readOnly = false }: IndexFileOptions): PastIndex | undefined => {
  const db = new DatabaseSync(path, { readOnly, timeout: 5_000 });
  if (!readOnly) db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;`);
  db.exec('PRAGMA cache_size = -32768; PRAGMA mmap_size = 1073741824;');
  if (!isIndexOf(db, of) || !stands(...reached(db))) {
    if (readOnly) {
      db.close();
      return undefined;
    }
    emptyIndex(db, of);
  }
  const aboutRow = db.prepare('SELECT value FROM about WHERE key = ?');
  const about = (key: string): string => String(aboutRow.get(key)?.value ?? '');
  const setAbout = db.prepare('UPDATE about SET value = ? WHERE key = ?');
  const links = db.prepare('SELECT position FROM link WHERE prefix = ? AND count = ? AND kind = ? AND position <= ? ORDER BY position');
  const addLink = db.prepare('INSERT OR IGNORE INTO link (prefix, count, kind, position) VALUES (?, ?, ?, ?)');
  const begun = db.prepare('SELECT position FROM begun WHERE app = ? AND position <= ? ORDER BY position');
  const addBegun = db.prepare('INSERT OR IGNORE INTO begun (app, position) VALUES (?, ?)');
  const kept = db.prepare('SELECT crc, bytes FROM kept WHERE part = ? AND position <= ? ORDER BY position DESC LIMIT 1');
  const keepPart = db.prepare('INSERT OR REPLACE INTO kept (part, position, crc, bytes) VALUES (?, ?, ?, ?)');
  const partNames = db.prepare('SELECT id, name FROM part WHERE name >= ? AND name < ? ORDER BY id');
  const boundaryRow = db.prepare('SELECT max(position) AS position FROM boundary WHERE position <= ?');
  const allBoundaries = db.prepare('SELECT position FROM boundary ORDER BY position');
  const addBoundary = db.prepare('INSERT OR IGNORE INTO boundary (position) VALUES (?)');
  const prefixes = namesOf(db, 'prefix', 'text');
  const apps = namesOf(db, 'app', 'name');
  const parts = namesOf(db, 'part', 'name');

  const linked = (id: string, kind: number, upTo: number): readonly number[] => {
    const { prefix, count } = split(id);
    const known = prefixes.find(prefix);
    return known === undefined ? [] : links.all(known, count, kind, upTo).map((row) => Number(row.position));
  };
  return {
    // Asked for each time: another process may be the one that writes.
    hash: () => about('hash'),
    position: () => Number(about('position')),
    boundary: () => Number(about('boundary')),
    boundaryBefore: (upTo) => Number(boundaryRow.get(upTo)?.position ?? 0),
    boundaries: () => allBoundaries.all().map((row) => Number(row.position)),
    positionsOf: (id) => linked(id, ITSELF, Number.MAX_SAFE_INTEGER),
    effectsOf: (id, upTo) => linked(id, LED_TO_BY, upTo),
    beginningsOf: (app, upTo) => {
      const known = apps.find(app);
      return known === undefined ? [] : begun.all(known, upTo).map((row) => Number(row.position));
    },
    part: (part, at) => {
      const known = parts.find(part);
      const row = known === undefined ? undefined : kept.get(known, at);
      if (row === undefined) return undefined;
      const bytes = row.bytes as Uint8Array;
      if (crc32(bytes) !== Number(row.crc)) throw new IndexDamaged(`${path}: '${part}' is not what was kept`);
      return zstdDecompressSync(bytes).toString();
    },
    parts: (prefix) =>
      partNames.all(prefix, `${prefix}\u{10ffff}`).map(({ id, name }) => {
        parts.know(String(name), Number(id));
        return String(name);
      }),
    keep: (facts, upTo, keeping) => {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const { position: at, id, causationId, begins } of facts) {
          const own = split(id);
          addLink.run(prefixes.id(own.prefix), own.count, ITSELF, at);
          const cause = split(causationId);
          addLink.run(prefixes.id(cause.prefix), cause.count, LED_TO_BY, at);
          if (begins !== undefined) addBegun.run(apps.id(begins), at);
        }
        for (const { part, text } of keeping?.parts ?? []) {
          const bytes = zstdCompressSync(text, FAST);
          keepPart.run(parts.id(part), keeping?.boundary ?? 0, crc32(bytes), bytes);
        }
        setAbout.run(String(upTo.position), 'position');
        setAbout.run(upTo.hash, 'hash');
        if (keeping !== undefined) {
          addBoundary.run(keeping.boundary);
          setAbout.run(String(keeping.boundary), 'boundary');
        }
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        for (const names of [prefixes, apps, parts]) names.forget();
        throw error;
      }
    },
    drop: () => void db.exec("DELETE FROM about WHERE key = 'of'"),
    close: () => db.close(),
  };
};

const reached = (db: DatabaseSync): readonly [number, string] => [Number(readAbout(db, 'position')), readAbout(db, 'hash') ?? ''];

/** Ids of short texts, learnt as they are asked for. */
const namesOf = (db: DatabaseSync, table: 'prefix' | 'app' | 'part', column: 'text' | 'name') => {
  const known = new Map<string, number>();
  const select = db.prepare(`SELECT id FROM ${table} WHERE ${column} = ?`);
  const insert = db.prepare(`INSERT INTO ${table} (${column}) VALUES (?) RETURNING id`);
  const find = (text: string): number | undefined => {
    const there = known.get(text);
    if (there !== undefined) return there;
    const id = select.get(text)?.id;
    if (id === undefined) return undefined;
    known.set(text, Number(id));
    return Number(id);
  };
  return {
    find,
    id: (text: string): number => {
      const there = find(text);
      if (there !== undefined) return there;
      const id = Number(insert.get(text)?.id);
      known.set(text, id);
      return id;
    },
    know: (text: string, id: number): void => void known.set(text, id),
    forget: () => known.clear(),
  };
};

/** The last twelve digits of a UUID count upwards within one engine run; of an id of another form nothing is cut off. */
const split = (id: string): { readonly prefix: string; readonly count: number } =>
  /^[0-9a-f-]{24}[0-9a-f]{12}$/.test(id)
    ? { prefix: id.slice(0, PREFIX_CHARS), count: Number.parseInt(id.slice(PREFIX_CHARS), 16) }
    : { prefix: id, count: 0 };
