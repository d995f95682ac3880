import {
  CLASS_ANY,
  CLASS_IN,
  EDNS_BYTES,
  FLAG,
  HEADER_BYTES,
  OPCODE_MASK,
  plainNameEnd,
  RCODE,
  recordAt,
  TYPE,
  UDP_BYTES,
} from './wire.ts';

/** One question that can be answered. */
export type Query = {
  readonly message: Buffer;
  /** Where the question ends. */
  readonly end: number;
  /** As names are looked up: lower case, labels joined by dots, '' for the root. Labels that hold a dot themselves are of no name of ours. */
  readonly name: string;
  readonly type: number;
  readonly isInternet: boolean;
  readonly flags: number;
  /** The question's bytes with the name in lower case: the same for all who ask the same. */
  readonly key: string;
  readonly edns?: { readonly bytes: number; readonly flags: number };
};

/** `ignored`: no answer at all, for what is no request: answering could go on for ever. */
export type Parsed = { readonly query: Query } | { readonly fault: number; readonly end: number } | 'ignored';

const fault = (rcode: number, end: number = HEADER_BYTES): Parsed => ({ fault: rcode, end });

/**
 * A request as RFC 1035 has it, with exactly one question (RFC 9619) and at most one OPT (RFC 6891).
 * FORMERR for what is malformed, NOTIMP for what is no query, BADVERS for an EDNS that is newer.
 */
export const parseQuery = (message: Buffer): Parsed => {
  if (message.length < HEADER_BYTES) return 'ignored';
  const flags = message.readUInt16BE(2);
  if ((flags & FLAG.QR) !== 0) return 'ignored';
  if ((flags & OPCODE_MASK) !== 0) return fault(RCODE.NOTIMP);
  if (message.readUInt16BE(4) !== 1 || message.readUInt16BE(6) !== 0 || message.readUInt16BE(8) !== 0) return fault(RCODE.FORMERR);
  const nameEnds = plainNameEnd(message, HEADER_BYTES);
  if (nameEnds === undefined || nameEnds + 4 > message.length) return fault(RCODE.FORMERR);
  const end = nameEnds + 4;
  const type = message.readUInt16BE(nameEnds);
  if (type === TYPE.OPT) return fault(RCODE.FORMERR, end);
  const edns = ednsOf(message, end);
  if (typeof edns === 'number') return fault(edns, end);
  const questionClass = message.readUInt16BE(nameEnds + 2);
  const bytes = message.toString('latin1', HEADER_BYTES, end);
  return {
    query: {
      message,
      end,
      name: nameOf(message),
      type,
      isInternet: questionClass === CLASS_IN || questionClass === CLASS_ANY,
      flags,
      key: lowerAscii(bytes.slice(0, -4)) + bytes.slice(-4),
      ...edns,
    },
  };
};

/** Only in ASCII do two cases mean one name (RFC 4343); lengths of labels are no letters. */
const lowerAscii = (bytes: string): string =>
  /[\x80-\xff]/.test(bytes) ? bytes.replaceAll(/[A-Z]+/g, (some) => some.toLowerCase()) : bytes.toLowerCase();

const nameOf = (message: Buffer): string => {
  let name = '';
  for (let at = HEADER_BYTES, length = message[at] ?? 0; length > 0; at += 1 + length, length = message[at] ?? 0) {
    const label = message.toString('latin1', at + 1, at + 1 + length);
    name += `${name === '' ? '' : '.'}${label.includes('.') ? label.replaceAll('.', '\0') : label}`;
  }
  return lowerAscii(name);
};

/** @returns what the client said in its OPT, an RCODE for what is wrong behind the question */
const ednsOf = (message: Buffer, start: number): Pick<Query, 'edns'> | number => {
  let edns: Query['edns'];
  let at = start;
  for (let left = message.readUInt16BE(10); left > 0; left--) {
    const record = recordAt(message, at);
    if (record === undefined) return RCODE.FORMERR;
    if (record.type === TYPE.OPT) {
      // Its name is the root.
      if (edns !== undefined || message[at] !== 0) return RCODE.FORMERR;
      if (message[record.ttlAt + 1] !== 0) return RCODE.BADVERS;
      edns = { bytes: record.class, flags: message.readUInt16BE(record.ttlAt + 2) };
    }
    at = record.end;
  }
  if (at !== message.length) return RCODE.FORMERR;
  return edns === undefined ? {} : { edns };
};

/** How long an answer over UDP may be, bytes. */
export const udpLimit = ({ edns }: Query): number =>
  edns === undefined ? UDP_BYTES : Math.min(EDNS_BYTES, Math.max(UDP_BYTES, edns.bytes));
