import type { DatabaseSync } from 'node:sqlite';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import type { Metadata } from '../../../domain/kernel/recorded.ts';
import type { ChainedFact } from '../../../domain/proof/chained.ts';
import { hexOrText, packUuid, traceparentFromHex, uuidFromHex } from './packedIds.ts';

/** Facts with their hashes, read as they are asked for and in pages, so that no transaction is held for long and the WAL can shrink. */
export type ChainedRows = {
  /** Facts with `after` < position ≤ `upTo`. */
  between(after: number, upTo: number): Generator<ChainedFact, void>;
  ofStream(name: StreamName, from: number, upTo: number): Generator<ChainedFact, void>;
  /** Facts in no more than where they stand: for whoever needs the heads alone. */
  headsBetween(after: number, upTo: number): Generator<readonly [stream: number, revision: number, hash: Uint8Array], void>;
  nameOf(stream: number): StreamName;
};

const PAGE_FACTS = 5_000;
const STREAM_NAMES_MAX = 100_000;
const COLUMNS = `position, stream, revision, type, ${hexOrText('id')}, at, term, by, ${hexOrText('correlation')}, ${hexOrText('causation')},
  state, owes, due, chart, ${hexOrText('trace')}, data, hash`;

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
  hash: Uint8Array | null,
];

export const chainedRows = (db: DatabaseSync): ChainedRows => {
  const all = db.prepare(`SELECT ${COLUMNS} FROM fact WHERE position > ? AND position <= ? ORDER BY position LIMIT ${PAGE_FACTS}`);
  const ofStream = db.prepare(
    `SELECT ${COLUMNS} FROM fact WHERE stream = ? AND revision >= ? AND position <= ? ORDER BY revision LIMIT ${PAGE_FACTS}`,
  );
  const heads = db.prepare(
    `SELECT position, stream, revision, hash FROM fact WHERE position > ? AND position <= ? ORDER BY position LIMIT ${PAGE_FACTS}`,
  );
  for (const statement of [all, ofStream, heads]) statement.setReturnArrays(true);
  const streamRow = db.prepare('SELECT stream.id FROM stream JOIN word ON word.id = stream.noun WHERE word.text = ? AND stream.key = ?');
  const nameRow = db.prepare(
    `SELECT word.text AS noun, ${hexOrText('stream.key')} AS key FROM stream JOIN word ON word.id = stream.noun WHERE stream.id = ?`,
  );
  const wordRow = db.prepare('SELECT text FROM word WHERE id = ?');
  const names = new Map<number, StreamName>();
  const words = new Map<number, string>();

  const word = (id: number): string => {
    let text = words.get(id);
    if (text === undefined) {
      text = String(wordRow.get(id)?.text ?? `?${id}`);
      words.set(id, text);
    }
    return text;
  };
  const nameOf = (stream: number): StreamName => {
    const known = names.get(stream);
    if (known !== undefined) return known;
    const row = nameRow.get(stream);
    const name = row === undefined ? `?-${stream}` : `${row.noun}-${uuidFromHex(String(row.key))}`;
    if (names.size >= STREAM_NAMES_MAX) names.clear();
    names.set(stream, name);
    return name;
  };
  const factOf = (row: Row): ChainedFact => {
    const [position, stream, revision, type, id, at, term, by, correlation, causation, state, owes, due, chart, trace, data, hash] = row;
    const meta: { -readonly [K in keyof Metadata]: Metadata[K] } = {
      correlationId: uuidFromHex(String(correlation)),
      causationId: uuidFromHex(String(causation)),
      by: word(by),
      at,
      term,
      state: word(state),
      owes: word(owes),
    };
    if (due !== null) meta.due = due;
    if (chart !== null) meta.chart = word(chart);
    if (trace !== null) meta.traceparent = traceparentFromHex(trace);
    return {
      id: uuidFromHex(String(id)),
      type: word(type),
      data: String(data),
      meta,
      stream: nameOf(stream),
      revision,
      position,
      hash: hash ?? new Uint8Array(0),
      streamNumber: stream,
    };
  };

  return {
    nameOf,
    between: function* (after, upTo) {
      for (let at = after, count = PAGE_FACTS; count === PAGE_FACTS; ) {
        count = 0;
        for (const row of all.iterate(at, upTo) as unknown as Iterable<Row>) {
          [at] = row;
          count++;
          yield factOf(row);
        }
      }
    },
    ofStream: function* (name, from, upTo) {
      const stream = streamRow.get(nounOf(name), packUuid(keyOf(name)))?.id;
      if (stream === undefined) return;
      for (let at = from, count = PAGE_FACTS; count === PAGE_FACTS; ) {
        count = 0;
        for (const row of ofStream.iterate(Number(stream), at, upTo) as unknown as Iterable<Row>) {
          at = row[2] + 1;
          count++;
          yield factOf(row);
        }
      }
    },
    headsBetween: function* (after, upTo) {
      for (let at = after, count = PAGE_FACTS; count === PAGE_FACTS; ) {
        count = 0;
        for (const [position, stream, revision, hash] of heads.iterate(at, upTo) as unknown as Iterable<
          [number, number, number, Uint8Array]
        >) {
          at = position;
          count++;
          yield [stream, revision, hash];
        }
      }
    },
  };
};
