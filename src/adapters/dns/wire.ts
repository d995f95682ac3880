/** Numbers of the DNS on the wire (RFC 1035, 2136, 2782, 3596, 6891) that the server tells apart. */
export const TYPE = {
  A: 1,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASS_IN = 1;
export const CLASS_ANY = 255;

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 } as const;
export const OPCODE_MASK = 0x7800;

export const HEADER_BYTES = 12;
/** A message over UDP whose sender said nothing of its size (RFC 1035, 4.2.1). */
export const UDP_BYTES = 512;
/** What we send at most over UDP whatever the client would take: no network in use splits it (DNS flag day 2020). */
export const EDNS_BYTES = 1_232;
/** The longest message over TCP: its length has 16 bits. */
export const TCP_BYTES = 65_535;

const NAME_BYTES_MAX = 255;
const LABEL_BYTES_MAX = 63;
const POINTER = 0xc0;

/** Where a name that holds no pointer ends; undefined for one that is no name. */
export const plainNameEnd = (message: Buffer, start: number): number | undefined => {
  for (let at = start; at < message.length; ) {
    const length = message[at] ?? 0;
    if (length > LABEL_BYTES_MAX) return undefined;
    at += 1 + length;
    if (at - start > NAME_BYTES_MAX) return undefined;
    if (length === 0) return at;
  }
  return undefined;
};

/** Where a name ends that may end in a pointer; it is not followed. */
export const nameEnd = (message: Buffer, start: number): number | undefined => {
  for (let at = start; at < message.length; ) {
    const length = message[at] ?? 0;
    if ((length & POINTER) === POINTER) return at + 2 <= message.length ? at + 2 : undefined;
    if (length > LABEL_BYTES_MAX) return undefined;
    at += 1 + length;
    if (length === 0) return at;
  }
  return undefined;
};

/** One record of a message, by where it stands. */
export type RecordAt = {
  readonly type: number;
  /** Class; of OPT the sender's size of a UDP message. */
  readonly class: number;
  readonly ttlAt: number;
  readonly dataAt: number;
  readonly end: number;
};

const FIXED_BYTES = 10;

/** The record that begins here; undefined where there is none whole. */
export const recordAt = (message: Buffer, start: number): RecordAt | undefined => {
  const at = nameEnd(message, start);
  if (at === undefined || at + FIXED_BYTES > message.length) return undefined;
  const end = at + FIXED_BYTES + message.readUInt16BE(at + 8);
  if (end > message.length) return undefined;
  return { type: message.readUInt16BE(at), class: message.readUInt16BE(at + 2), ttlAt: at + 4, dataAt: at + FIXED_BYTES, end };
};
