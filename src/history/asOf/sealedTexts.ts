import { type Sealer, SHREDDED } from '../../domain/kernel/codec.ts';
import type { PastIndex } from '../../domain/ports/pastIndex.ts';

/** Begins a value that stands for a sealed one; no other text of a definition begins with this control character. */
const MARK = '\u0001sealed:';
const MARKED = /"\\u0001sealed:([^":]+):([^"]+)"/g;

/**
 * What is kept of the views holds no secret: while it is indexed a sealed value stays the ciphertext that it is in the log, and it is
 * opened whenever a part is read. So whoever destroys a key has destroyed all that it sealed, here too.
 */
export const sealedTexts = (open: Sealer['open']) => ({
  /** Leaves every value closed. */
  sealer: {
    open: ({ $sealed, key }) => JSON.stringify(`${MARK}${key}:${encodeURIComponent($sealed)}`),
    seal: () => {
      throw new Error('the past seals nothing');
    },
  } satisfies Sealer,
  /** The same index, whose parts are open. */
  opening: (index: PastIndex): PastIndex => ({
    ...index,
    part: (part, boundary) =>
      index
        .part(part, boundary)
        ?.replace(
          MARKED,
          (_, key: string, $sealed: string) => open({ $sealed: decodeURIComponent($sealed), key }) ?? JSON.stringify(SHREDDED),
        ),
  }),
});
