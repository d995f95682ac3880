import type { Uuid } from '../../../domain/kernel/ids.ts';

/** Ids as bytes: a third of their text. What isn't in the canonical form is kept as it is, so that packing never loses anything. */

/** Value of a lower-case hex digit by its character code, -1 for any other. */
const NIBBLE = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));

const DASH = 0x2d;
const UUID_CHARS = 36;
const TRACEPARENT_CHARS = 55;

/** Reads the hex digits of `text` from `start` to `end` into `bytes`, stepping over dashes at `dashes`. @returns whether it could. */
const unhex = (text: string, start: number, dashes: readonly number[], bytes: Uint8Array): boolean => {
  let at = start;
  let dash = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (at === dashes[dash]) {
      if (text.charCodeAt(at) !== DASH) return false;
      dash++;
      at++;
    }
    const high = NIBBLE[text.charCodeAt(at)] ?? -1;
    const low = NIBBLE[text.charCodeAt(at + 1)] ?? -1;
    if (high < 0 || low < 0) return false;
    bytes[i] = (high << 4) | low;
    at += 2;
  }
  return true;
};

const UUID_DASHES = [8, 13, 18, 23];

export const packUuid = (text: Uuid): Uint8Array | string => {
  if (text.length !== UUID_CHARS) return text;
  const bytes = new Uint8Array(16);
  return unhex(text, 0, UUID_DASHES, bytes) ? bytes : text;
};

const TRACEPARENT_DASHES = [35, 52];

/** W3C Trace Context, version 00: `00-<trace id>-<parent id>-<flags>`. */
export const packTraceparent = (text: string): Uint8Array | string => {
  if (text.length !== TRACEPARENT_CHARS || !text.startsWith('00-')) return text;
  const bytes = new Uint8Array(25);
  return unhex(text, 3, TRACEPARENT_DASHES, bytes) ? bytes : text;
};

/**
 * SQL that yields a packed id as text which the functions below understand: upper-case hex of the bytes, or `-` and the text.
 * Quicker than handing each blob to JavaScript.
 */
export const hexOrText = (column: string): string => `CASE typeof(${column}) WHEN 'blob' THEN hex(${column}) ELSE '-' || ${column} END`;

export const uuidFromHex = (hex: string): Uuid => {
  if (hex.charCodeAt(0) === DASH) return hex.slice(1);
  const low = hex.toLowerCase();
  return `${low.slice(0, 8)}-${low.slice(8, 12)}-${low.slice(12, 16)}-${low.slice(16, 20)}-${low.slice(20)}`;
};

export const traceparentFromHex = (hex: string): string => {
  if (hex.charCodeAt(0) === DASH) return hex.slice(1);
  const low = hex.toLowerCase();
  return `00-${low.slice(0, 32)}-${low.slice(32, 48)}-${low.slice(48)}`;
};
