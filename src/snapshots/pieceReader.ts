import { deserialize } from 'node:v8';
import type { SnapshotSource } from '../projections/snapshot.ts';
import { HEAD_BYTES, LATIN1 } from './pieceWriter.ts';

export type PieceReader = SnapshotSource & { feed(piece: Uint8Array): void };

/** Reads what `pieceWriter` has packed. @param opened makes readable what was kept closed of a whole */
export const pieceReader = (opened: (whole: unknown) => unknown = (whole) => whole): PieceReader => {
  const words = [''];
  let bytes = new Uint8Array(0);
  let at = 0;
  let texts = '';
  let textAt = 0;

  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw new Error('a piece ends too early');
    return value;
  };
  const uint = (): number => {
    const first = byte();
    if (first < 128) return first;
    let value = first & 127;
    let weight = 128;
    for (;;) {
      const next = byte();
      value += (next & 127) * weight;
      if (next < 128) return value;
      weight *= 128;
    }
  };
  const text = (): string => {
    const from = textAt;
    textAt += uint();
    if (textAt > texts.length) throw new Error('a piece has too few texts');
    return texts.slice(from, textAt);
  };
  return {
    feed: (piece) => {
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      const length = view.getUint32(0);
      const encoded = Buffer.from(piece.buffer, piece.byteOffset + HEAD_BYTES, length);
      texts = encoded.toString(piece[HEAD_BYTES - 1] === LATIN1 ? 'latin1' : 'utf16le');
      bytes = piece.subarray(HEAD_BYTES + length) as Uint8Array<ArrayBuffer>;
      at = 0;
      textAt = 0;
    },
    uint,
    number: () => {
      const packed = uint();
      if (packed !== 0) return packed % 2 === 0 ? -packed / 2 : (packed - 1) / 2;
      const value = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getFloat64(0);
      at += 8;
      return value;
    },
    word: () => {
      const known = uint();
      if (known === 0) {
        const fresh = text();
        words.push(fresh);
        return fresh;
      }
      const word = words[known];
      if (word === undefined) throw new Error(`a piece names word ${known} of ${words.length - 1}`);
      return word;
    },
    text,
    plain: () => JSON.parse(text()) as unknown,
    whole: () => {
      const length = uint();
      const serialized = bytes.subarray(at, at + length);
      at += length;
      return opened(deserialize(serialized));
    },
    rowEnd: () => at >= bytes.length,
  };
};
