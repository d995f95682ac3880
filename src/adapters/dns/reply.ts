import type { Query } from './query.ts';
import type { Body } from './records.ts';
import { EDNS_BYTES, FLAG, HEADER_BYTES, RCODE, TYPE } from './wire.ts';

/** Bytes of an OPT record without options. */
export const OPT_BYTES = 11;

export const NOTHING: Body = { bytes: Buffer.alloc(0), answers: 0, authorities: 0, additionals: 0, isWhole: true };

/** The answer to a query: its own id, question and case; an OPT where it had one. */
export const replyTo = (
  { message, end, flags, edns }: Query,
  {
    rcode,
    body = NOTHING,
    isOurs,
    isCut = false,
  }: { readonly rcode: number; readonly body?: Body; readonly isOurs: boolean; readonly isCut?: boolean },
): Buffer => {
  const length = end + body.bytes.length + (edns === undefined ? 0 : OPT_BYTES);
  const reply = Buffer.allocUnsafe(length);
  message.copy(reply, 0, 0, end);
  reply.writeUInt16BE(
    FLAG.QR | (flags & (FLAG.RD | FLAG.CD)) | FLAG.RA | (isOurs ? FLAG.AA : 0) | (isCut ? FLAG.TC : 0) | (rcode & 0xf),
    2,
  );
  reply.writeUInt16BE(body.answers, 6);
  reply.writeUInt16BE(body.authorities, 8);
  reply.writeUInt16BE(body.additionals + (edns === undefined ? 0 : 1), 10);
  body.bytes.copy(reply, end);
  if (edns !== undefined) writeOpt(reply, length - OPT_BYTES, rcode);
  return reply;
};

const writeOpt = (reply: Buffer, at: number, rcode: number): void => {
  reply.fill(0, at, at + OPT_BYTES);
  reply.writeUInt16BE(TYPE.OPT, at + 1);
  reply.writeUInt16BE(EDNS_BYTES, at + 3);
  reply[at + 5] = rcode >> 4;
};

/** What is wrong with a request: its id, and its question where that could be read. Never longer than the request and an OPT. */
export const faultReply = (message: Buffer, rcode: number, end: number): Buffer => {
  const hasQuestion = end > HEADER_BYTES;
  const reply = Buffer.alloc(end + (rcode > 0xf ? OPT_BYTES : 0));
  message.copy(reply, 0, 0, end);
  const flags = message.readUInt16BE(2);
  reply.writeUInt16BE(FLAG.QR | (flags & 0x7900) | (rcode & 0xf), 2);
  reply.writeUInt16BE(hasQuestion ? 1 : 0, 4);
  reply.fill(0, 6, HEADER_BYTES);
  if (rcode === RCODE.BADVERS) {
    reply.writeUInt16BE(1, 10);
    writeOpt(reply, end, rcode);
  }
  return reply;
};
