import { promisify } from 'node:util';
import { constants, crc32, zstdCompressSync, zstdDecompress } from 'node:zlib';

/** Begins a snapshot's file, and is its last piece. */
export const MAGIC: Uint8Array = Buffer.from('WHARFSNP');
/** Before each piece: its length, that of its compressed bytes, and their CRC-32; each 32 bits. */
const HEAD_BYTES = 12;
/** Pieces that are unpacked on other threads while one is taken: bounds what waits in memory. */
const AHEAD = 8;
/** A piece that claims to be longer is none, bytes. */
const PIECE_MAX = 1_073_741_824;
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const decompress = promisify(zstdDecompress);

/** A piece as it stands in the file. */
export const frameOf = (piece: Uint8Array): readonly Uint8Array[] => {
  const stored = zstdCompressSync(piece, FAST);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(piece.length, 0);
  head.writeUInt32BE(stored.length, 4);
  head.writeUInt32BE(crc32(stored), 8);
  return [head, stored];
};

/** @throws Error where the file is not as it was written */
export type Frames = {
  next(): Promise<Uint8Array>;
  /** That all was read, and the file is whole. */
  end(): Promise<void>;
};

export const framesOf = (file: Buffer): Frames => {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('it is no snapshot');
  let at = MAGIC.length;
  const ahead: Promise<Uint8Array>[] = [];

  const take = async (): Promise<Uint8Array> => {
    if (at + HEAD_BYTES > file.length) throw new Error('it was cut short');
    const length = file.readUInt32BE(at);
    const stored = file.subarray(at + HEAD_BYTES, at + HEAD_BYTES + file.readUInt32BE(at + 4));
    const crc = file.readUInt32BE(at + 8);
    at += HEAD_BYTES + stored.length;
    if (length > PIECE_MAX || crc32(stored) !== crc) throw new Error('a piece is not what was written');
    return decompress(stored, { maxOutputLength: length });
  };
  const next = (): Promise<Uint8Array> => {
    while (ahead.length < AHEAD && (at < file.length || ahead.length === 0)) {
      const piece = take();
      // Whoever comes to it is told.
      piece.catch(() => {});
      ahead.push(piece);
    }
    return ahead.shift() as Promise<Uint8Array>;
  };
  return {
    next,
    end: async () => {
      if (!Buffer.from(await next()).equals(MAGIC) || at !== file.length || ahead.length > 0) throw new Error('it was cut short');
    },
  };
};
