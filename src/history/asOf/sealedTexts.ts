import { type Sealer, SHREDDED } from '../../domain/kernel/codec.ts';
import type { PastIndex } from '../../domain/ports/pastIndex.ts';

/** Begins a value that stands for a sealed one; no other text of a definition begins with this control character. */
const MARK = '\u0001sealed:';
const MARKED = /"\\u0001sealed:([^":]+):([^"]+)"/g;

/** Leaves every value closed: what is folded from it holds no secret, and is opened when it is read. */
export const closedSealer: Sealer = {
  open: ({ $sealed, key }) => JSON.stringify(`${MARK}${key}:${encodeURIComponent($sealed)}`),
  seal: () => {
    throw new Error('the past seals nothing');
  },
};

const openedText = (open: Sealer['open'], key: string, $sealed: string): string =>
  open({ $sealed: decodeURIComponent($sealed), key }) ?? JSON.stringify(SHREDDED);

/** Opens, in place, what plain data with maps holds closed. @returns the same data */
export const openedWhole = (open: Sealer['open'], whole: unknown): unknown => {
  const seen = new Set<object>();
  const openedValue = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) walk(value);
    if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
    const colon = value.lastIndexOf(':');
    return JSON.parse(openedText(open, value.slice(MARK.length, colon), value.slice(colon + 1))) as unknown;
  };
  const walk = (value: object): void => {
    // What several rows share is one.
    if (seen.has(value)) return;
    seen.add(value);
    if (value instanceof Map) {
      for (const [key, each] of value) {
        const now = openedValue(each);
        if (now !== each) value.set(key, now);
      }
      return;
    }
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) {
      const each = record[key];
      const now = openedValue(each);
      if (now !== each) record[key] = now;
    }
  };
  return openedValue(whole);
};

/**
 * What is kept of the views holds no secret: while it is indexed a sealed value stays the ciphertext that it is in the log, and it is
 * opened whenever a part is read. So whoever destroys a key has destroyed all that it sealed, here too.
 */
export const sealedTexts = (open: Sealer['open']) => ({
  sealer: closedSealer,
  /** The same index, whose parts are open. */
  opening: (index: PastIndex): PastIndex => ({
    ...index,
    part: (part, boundary) =>
      index.part(part, boundary)?.replace(MARKED, (_, key: string, $sealed: string) => openedText(open, key, $sealed)),
  }),
});
