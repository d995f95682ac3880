import type { StreamName } from './ids.ts';
import type { WireFact } from './ports.ts';

/**
 * What makes history tamper-evident: each fact's hash covers the hash of the fact before it in its stream. Every log adapter
 * computes the same chain, so the encoding below can never change; a second one would get another first byte.
 *
 * Canonical bytes, format 1: the byte 0x01, then these fields in this order:
 *   previous hash · stream name · revision · id · wire type · correlationId · causationId · by · at · term · state · owes · due ·
 *   chart · traceparent · data
 * Each field is its length as a 32-bit big-endian number, then that many bytes. Text is UTF-8 as stored; a number is an IEEE 754
 * double, big-endian (8 bytes); an absent field is the length 0xFFFFFFFF and no bytes. The position is not part of it, so that a
 * stream keeps its chain when it is moved to another log.
 */
export const CHAIN_FORMAT = 1;

/** SHA-256 as the platform has it; the domain computes no hashes itself. @returns 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 32;

/** The previous hash of a stream's first fact: 32 zero bytes. */
export const NO_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** Hash of one fact at its place in a stream, given the hash of the fact before it. */
export type ChainHash = (previous: Uint8Array, stream: StreamName, revision: number, fact: WireFact) => Uint8Array;

/** The bytes that are hashed, for auditors and goldens. */
export const chainBytes = (previous: Uint8Array, stream: StreamName, revision: number, fact: WireFact): Uint8Array =>
  canonicalWriter()(previous, stream, revision, fact).slice();

export const chainHash = (sha256: Sha256): ChainHash => {
  const write = canonicalWriter();
  return (previous, stream, revision, fact) => sha256(write(previous, stream, revision, fact));
};

const ABSENT = 0xffffffff;
const INITIAL_SCRATCH_BYTES = 4096;
/** UTF-8 needs at most three bytes for each UTF-16 code unit. */
const UTF8_BYTES_PER_CHAR_MAX = 3;

/** Writes into one scratch buffer, which each call overwrites: hashing makes no garbage. */
const canonicalWriter = () => {
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(INITIAL_SCRATCH_BYTES);
  let view = new DataView(bytes.buffer);
  let end = 0;

  const room = (needed: number): void => {
    if (end + needed <= bytes.length) return;
    const larger = new Uint8Array(Math.max(bytes.length * 2, end + needed));
    larger.set(bytes.subarray(0, end));
    bytes = larger;
    view = new DataView(bytes.buffer);
  };
  const blob = (value: Uint8Array): void => {
    room(4 + value.length);
    view.setUint32(end, value.length);
    bytes.set(value, end + 4);
    end += 4 + value.length;
  };
  const number = (value: number | undefined): void => {
    room(12);
    if (value === undefined) {
      view.setUint32(end, ABSENT);
      end += 4;
      return;
    }
    view.setUint32(end, 8);
    view.setFloat64(end + 4, value);
    end += 12;
  };
  const text = (value: string | undefined): void => {
    if (value === undefined) {
      room(4);
      view.setUint32(end, ABSENT);
      end += 4;
      return;
    }
    room(4 + value.length * UTF8_BYTES_PER_CHAR_MAX);
    const length = encoder.encodeInto(value, bytes.subarray(end + 4)).written;
    view.setUint32(end, length);
    end += 4 + length;
  };

  return (previous: Uint8Array, stream: StreamName, revision: number, { id, type, data, meta }: WireFact): Uint8Array => {
    bytes[0] = CHAIN_FORMAT;
    end = 1;
    blob(previous);
    text(stream);
    number(revision);
    text(id);
    text(type);
    text(meta.correlationId);
    text(meta.causationId);
    text(meta.by);
    number(meta.at);
    number(meta.term);
    text(meta.state);
    text(meta.owes);
    number(meta.due);
    text(meta.chart);
    text(meta.traceparent);
    text(data);
    return bytes.subarray(0, end);
  };
};
