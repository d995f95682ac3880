import { HASH_BYTES } from '../kernel/chain.ts';
import type { StreamName } from '../kernel/ids.ts';

/** Where a stream stands: its last revision, and the hash that covers all of it up to there. */
export type StreamHead = { readonly stream: StreamName; readonly revision: number; readonly hash: Uint8Array };

/** The first byte of an entry; another encoding would get another one. */
const HEAD_FORMAT = 1;
const encoder = new TextEncoder();

/**
 * A stream's head as an entry of the tree: the byte 0x01, the length of the stream's name as a 32-bit big-endian number, the name in
 * UTF-8, the revision as a 64-bit big-endian number, the hash.
 */
export const headBytes = ({ stream, revision, hash }: StreamHead): Uint8Array => {
  const name = encoder.encode(stream);
  const bytes = new Uint8Array(1 + 4 + name.length + 8 + HASH_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = HEAD_FORMAT;
  view.setUint32(1, name.length);
  bytes.set(name, 5);
  view.setBigUint64(5 + name.length, BigInt(revision));
  bytes.set(hash, 13 + name.length);
  return bytes;
};
