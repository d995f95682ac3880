import { serialize } from 'node:v8';
import type { SnapshotSink } from '../projections/snapshot.ts';

/** Bytes and characters of a piece after which the next row begins another one: what an engine reads between two turns of its event loop. */
export const PIECE_BYTES = 262_144;

/** All of a text is one byte per character, as nearly all texts are. */
export const LATIN1 = 0;
export const UTF16 = 1;
/** Length of what stands before the texts of a piece, bytes. */
export const HEAD_BYTES = 5;

/**
 * Packs rows into pieces. A piece is the length of its texts in bytes (32 bits) and their encoding, all its texts one behind the other, and then
 * the numbers: those below 128 in a byte of their own, others in groups of seven bits, lowest first.
 */
export const pieceWriter = (onPiece: (piece: Uint8Array) => void): SnapshotSink & { end(): void } => {
  const words = new Map<string, number>();
  let bytes = new Uint8Array(2 * PIECE_BYTES);
  let view = new DataView(bytes.buffer);
  let length = 0;
  let texts: string[] = [];
  let characters = 0;

  const grow = (more: number): void => {
    if (length + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, length + more));
    larger.set(bytes);
    bytes = larger;
    view = new DataView(bytes.buffer);
  };
  const uint = (value: number): void => {
    grow(8);
    let rest = value;
    // Beyond 32 bits the operators on bits do not reach.
    while (rest >= 0x8000_0000) {
      bytes[length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      bytes[length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[length++] = rest;
  };
  const text = (value: string): void => {
    uint(value.length);
    texts.push(value);
    characters += value.length;
  };
  const flush = (): void => {
    if (length === 0) return;
    const all = texts.join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all that one byte holds
    const encoding = /^[\u0000-\u00ff]*$/.test(all) ? LATIN1 : UTF16;
    const encoded = Buffer.from(all, encoding === LATIN1 ? 'latin1' : 'utf16le');
    const piece = new Uint8Array(HEAD_BYTES + encoded.length + length);
    new DataView(piece.buffer).setUint32(0, encoded.length);
    piece[4] = encoding;
    piece.set(encoded, HEAD_BYTES);
    piece.set(bytes.subarray(0, length), HEAD_BYTES + encoded.length);
    length = 0;
    texts = [];
    characters = 0;
    onPiece(piece);
  };
  return {
    uint,
    number: (value) => {
      // 0 stands before what is not whole, or too large to be told with its sign.
      if (Number.isInteger(value) && Math.abs(value) < 2 ** 51 && !Object.is(value, -0)) {
        uint(value < 0 ? -value * 2 : value * 2 + 1);
        return;
      }
      uint(0);
      grow(8);
      view.setFloat64(length, value);
      length += 8;
    },
    word: (value) => {
      const known = words.get(value);
      if (known !== undefined) return uint(known);
      uint(0);
      text(value);
      words.set(value, words.size + 1);
    },
    text,
    plain: (value) => text(JSON.stringify(value)),
    whole: (value) => {
      const serialized = serialize(value);
      uint(serialized.length);
      grow(serialized.length);
      bytes.set(serialized, length);
      length += serialized.length;
    },
    rowEnd: () => {
      if (length + characters >= PIECE_BYTES) flush();
    },
    end: flush,
  };
};
