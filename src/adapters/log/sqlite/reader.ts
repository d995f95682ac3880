import type { DatabaseSync } from 'node:sqlite';
import { keyOf, nounOf } from '../../../domain/kernel/ids.ts';
import { hexOrText, packUuid, traceparentFromHex, uuidFromHex } from './packedIds.ts';
import type { PackedPage } from './pageMessage.ts';

/** Reads on a connection of their own, so that no reader waits for an fsync. It sees only what is committed. */
export type Reader = {
  /** Facts with `after` < position ≤ `upTo`. */
  all(after: number, upTo: number, max: number): PackedPage;
  stream(name: string, from: number, max: number): PackedPage;
};

const COLUMNS = `position, stream, revision, type, ${hexOrText('id')}, at, term, by, ${hexOrText('correlation')}, ${hexOrText('causation')},
  state, owes, due, chart, ${hexOrText('trace')}, data`;

/** Names kept in memory before they are asked for again. */
const STREAM_NAMES_MAX = 100_000;
/** Streams that began one after the other are read about one after the other: so many names are fetched at once. */
const NAMES_AHEAD = 64;

type Row = readonly [
  position: number,
  stream: number,
  revision: number,
  type: number,
  id: string,
  at: number,
  term: number,
  by: number,
  correlation: string,
  causation: string,
  state: number,
  owes: number,
  due: number | null,
  chart: number | null,
  trace: string | null,
  data: string,
];

export const readerOf = (db: DatabaseSync): Reader => {
  const all = db.prepare(`SELECT ${COLUMNS} FROM fact WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`);
  const ofStream = db.prepare(`SELECT ${COLUMNS} FROM fact WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?`);
  all.setReturnArrays(true);
  ofStream.setReturnArrays(true);
  const streamRow = db.prepare('SELECT stream.id FROM stream JOIN word ON word.id = stream.noun WHERE word.text = ? AND stream.key = ?');
  const namesFrom = db.prepare(
    `SELECT stream.id, word.text, ${hexOrText('stream.key')} FROM stream JOIN word ON word.id = stream.noun
     WHERE stream.id >= ? ORDER BY stream.id LIMIT ${NAMES_AHEAD}`,
  );
  namesFrom.setReturnArrays(true);
  const newWords = db.prepare('SELECT id, text FROM word WHERE id > ? ORDER BY id');
  const names = new Map<number, string>();
  let lastWord = 0;

  const nameOf = (stream: number): string => {
    const known = names.get(stream);
    if (known !== undefined) return known;
    if (names.size >= STREAM_NAMES_MAX) names.clear();
    for (const [id, noun, key] of namesFrom.all(stream) as unknown as readonly (readonly [number, string, string])[])
      names.set(id, `${noun}-${uuidFromHex(key)}`);
    return names.get(stream) ?? `?-${stream}`;
  };

  const page = (rows: readonly Row[]): PackedPage => {
    const streams: string[] = [];
    const indexes = new Map<number, number>();
    const facts: (string | number | null)[] = [];
    let highestWord = 0;
    for (const [position, stream, revision, type, id, at, term, by, correlation, causation, state, owes, due, chart, trace, data] of rows) {
      let index = indexes.get(stream);
      if (index === undefined) {
        index = streams.push(nameOf(stream)) - 1;
        indexes.set(stream, index);
      }
      highestWord = Math.max(highestWord, type, by, state, owes, chart ?? 0);
      facts.push(index, revision, position, type, uuidFromHex(id), data, uuidFromHex(correlation), uuidFromHex(causation));
      facts.push(by, at, term, state, owes, due, chart, trace === null ? null : traceparentFromHex(trace));
    }
    const words: string[] = [];
    const firstWord = lastWord + 1;
    if (highestWord > lastWord) {
      for (const row of newWords.iterate(lastWord)) {
        words[Number(row.id) - firstWord] = String(row.text);
        lastWord = Number(row.id);
      }
    }
    return { facts, streams, words, firstWord };
  };

  return {
    all: (after, upTo, max) => page(all.all(after, upTo, max) as unknown as Row[]),
    stream: (name, from, max) => {
      const row = streamRow.get(nounOf(name), packUuid(keyOf(name)));
      if (row === undefined) return page([]);
      if (names.size >= STREAM_NAMES_MAX) names.clear();
      names.set(Number(row.id), name);
      return page(ofStream.all(Number(row.id), from, max) as unknown as Row[]);
    },
  };
};
