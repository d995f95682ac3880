import { existsSync, realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { keyOf, nounOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import type { FactReader } from '../../../domain/ports/factReader.ts';
import { hexOrText, packUuid, uuidFromHex } from './packedIds.ts';
import { pageUnpacker } from './pageMessage.ts';
import { readerOf } from './reader.ts';
import { APPLICATION_ID, FORMAT } from './schema.ts';

const STREAM_FACTS_MAX = 10_000_000;
/** Memory for pages of the file, KiB; a cold process reads through the system's own cache. */
const CACHE_KIB = 65_536;

/** @throws Error in plain words: no such file, no log, or one of a newer version. */
export const openFactReader = (path: string): FactReader => {
  if (!existsSync(path)) throw new Error(`there is no log '${path}'`);
  const db = new DatabaseSync(realpathSync(path), { readOnly: true });
  const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  if (pragma('application_id') !== APPLICATION_ID) throw new Error(`'${path}' is no log`);
  if (pragma('user_version') > FORMAT) throw new Error(`the log '${path}' was written by a newer version`);
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA mmap_size = 1073741824;`);
  const reader = readerOf(db);
  const unpack = pageUnpacker();
  const headRow = db.prepare('SELECT coalesce(max(position), 0) AS head FROM fact');
  const atRow = db.prepare('SELECT at FROM fact WHERE position = ?');
  const hashRow = db.prepare('SELECT lower(hex(hash)) AS hash FROM fact WHERE position = ?');
  const streamRow = db.prepare('SELECT stream.id FROM stream JOIN word ON word.id = stream.noun WHERE word.text = ? AND stream.key = ?');
  const lastRow = db.prepare('SELECT position FROM fact WHERE stream = ? AND position <= ? ORDER BY revision DESC LIMIT 1');
  const began = db.prepare(
    `SELECT word.text AS noun, ${hexOrText('stream.key')} AS key, (SELECT position FROM fact WHERE fact.stream = stream.id AND revision = 0) AS first
     FROM stream JOIN word ON word.id = stream.noun ORDER BY stream.id`,
  );
  const head = (): number => Number(headRow.get()?.head);
  const fact = (position: number): StoredFact | undefined => unpack(reader.all(position - 1, position, 1))[0];
  return {
    head,
    positionAt: (at) => {
      let [low, high] = [0, head()];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (Number(atRow.get(middle)?.at ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    fact,
    page: (after, upTo, max) => unpack(reader.all(after, upTo, max)),
    stream: (name, upTo) => {
      const facts = unpack(reader.stream(name, 0, STREAM_FACTS_MAX));
      const isWhole = (facts.at(-1)?.position ?? 0) <= upTo;
      return isWhole ? facts : facts.filter(({ position }) => position <= upTo);
    },
    first: (name) => unpack(reader.stream(name, 0, 1))[0],
    last: (name, upTo) => {
      const row = streamRow.get(nounOf(name), packUuid(keyOf(name)));
      const last = row === undefined ? undefined : lastRow.get(Number(row.id), upTo);
      return last === undefined ? undefined : fact(Number(last.position));
    },
    *streams(upTo) {
      for (const { noun, key, first } of began.iterate()) {
        if (first === null || Number(first) > upTo) continue;
        yield `${noun}-${uuidFromHex(String(key))}`;
      }
    },
    hashAt: (position) => hashRow.get(position)?.hash as string | undefined,
    close: () => db.close(),
  };
};
