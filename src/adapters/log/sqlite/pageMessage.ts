import type { StoredFact } from '../../../domain/kernel/ports.ts';
import type { Metadata } from '../../../domain/kernel/recorded.ts';

/**
 * Facts on their way from a reading thread: one flat array, stream names once for each page, words once for each reader.
 * Here, and in `stamped`, is where stored facts are minted.
 */
export type PackedPage = {
  /** For each fact: stream (index into `streams`), revision, position, type, id, data, correlation, causation, by, at, term, state,
   * owes, due, chart, trace. Words by their id; null where absent. */
  readonly facts: readonly (string | number | null)[];
  readonly streams: readonly string[];
  /** Words that this reader hasn't sent before: those from id `firstWord` on. */
  readonly words: readonly string[];
  readonly firstWord: number;
};

const FIELDS = 16;

/** Unpacks the pages of one reader, in the order in which it sent them. */
export const pageUnpacker = (): ((page: PackedPage) => StoredFact[]) => {
  const words: string[] = [];
  const word = (id: unknown): string => words[id as number] ?? `?${id}`;
  return ({ facts, streams, words: fresh, firstWord }) => {
    for (let i = 0; i < fresh.length; i++) words[firstWord + i] = fresh[i] ?? '';
    const count = facts.length / FIELDS;
    const unpacked = new Array<StoredFact>(count);
    for (let i = 0, at = 0; i < count; i++, at += FIELDS) {
      const due = facts[at + 13];
      const chart = facts[at + 14];
      const trace = facts[at + 15];
      const meta: { -readonly [K in keyof Metadata]: Metadata[K] } = {
        correlationId: facts[at + 6] as string,
        causationId: facts[at + 7] as string,
        by: word(facts[at + 8]),
        at: facts[at + 9] as number,
        term: facts[at + 10] as number,
        state: word(facts[at + 11]),
        owes: word(facts[at + 12]),
      };
      if (due !== null) meta.due = due as number;
      if (chart !== null) meta.chart = word(chart);
      if (trace !== null) meta.traceparent = trace as string;
      unpacked[i] = {
        id: facts[at + 4] as string,
        type: word(facts[at + 3]),
        data: facts[at + 5] as string,
        meta,
        stream: streams[facts[at] as number] ?? '',
        revision: facts[at + 1] as number,
        position: facts[at + 2] as number,
      };
    }
    return unpacked;
  };
};

export type ReadRequest =
  | { readonly _tag: 'All'; readonly after: number; readonly upTo: number; readonly max: number }
  | { readonly _tag: 'Stream'; readonly stream: string; readonly from: number; readonly max: number }
  | { readonly _tag: 'Verify'; readonly stream?: string }
  | { readonly _tag: 'Close' };

export type ReadAnswer<T> = { readonly _tag: 'Answer'; readonly value: T } | { readonly _tag: 'Failed'; readonly reason: string };
