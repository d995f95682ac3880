import * as packet from 'dns-packet';
import type { DnsRecord } from '../../domain/network/mesosDns.ts';
import { CLASS_IN, HEADER_BYTES, TYPE } from './wire.ts';

type Coder = { encode(data: unknown): Buffer };
/** What dns-packet has for single records, which its types do not tell. */
const { record: coderOf, name: nameCoder } = packet as unknown as { record(type: string): Coder; name: Coder };

/** Pointers reach no further (RFC 1035, 4.1.4). */
const POINTER_MAX = 0x3fff;
const POINTER = 0xc000;

const A = coderOf('A');
const AAAA = coderOf('AAAA');
const SRV = coderOf('SRV');
const TXT = coderOf('TXT');
const SOA = coderOf('SOA');

/** Priority and weight of every SRV record: all alike. The weight is Mesos-DNS' default. */
const SRV_PRIORITY = 0;
const SRV_WEIGHT = 1;
/** Bytes in an SRV record's data before its target, with the length in front. */
const BEFORE_TARGET = 8;

const pointerTo = (offset: number): Buffer => Buffer.of((POINTER | offset) >> 8, offset & 0xff);

const QUESTION_NAME = pointerTo(HEADER_BYTES);

/** @param data with its length in front */
const framed = (name: Buffer, type: number, ttlSeconds: number, data: Buffer): Buffer => {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttlSeconds, 4);
  return Buffer.concat([name, fixed, data]);
};

export const targetOf = ({ host }: DnsRecord): { readonly target: string; readonly port: number } => {
  const at = host.lastIndexOf(':');
  return { target: host.slice(0, at), port: Number(host.slice(at + 1)) };
};

const dataOf = (record: DnsRecord): Buffer => {
  switch (record.type) {
    case 'A':
      return A.encode(record.host);
    case 'AAAA':
      return AAAA.encode(record.host);
    case 'SRV':
      return SRV.encode({ priority: SRV_PRIORITY, weight: SRV_WEIGHT, ...targetOf(record) });
    case 'TXT':
      return TXT.encode(record.host.match(/.{1,255}/gs) ?? ['']);
  }
};

/** What stands behind the question of an answer, without OPT. */
export type Body = {
  readonly bytes: Buffer;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  readonly isWhole: boolean;
};

export type BodyOptions = {
  /** Where the question ends. */
  readonly start: number;
  readonly ttlSeconds: number;
  /** For the whole message, without what OPT needs. */
  readonly limit: number;
};

/**
 * Records as the answer to a question about their name, and the addresses of SRV's targets beside them as far as there is room. What does
 * not fit is left out: of the answer the message is then said to be cut, of the rest nothing is said (RFC 2181, 9).
 */
export const positiveBody = (
  records: readonly DnsRecord[],
  addressesOf: (name: string) => readonly DnsRecord[],
  { start, ttlSeconds, limit }: BodyOptions,
): Body => {
  const parts: Buffer[] = [];
  let length = start;
  let answers = 0;
  const targets = new Map<string, number>();
  for (const record of records) {
    const part = framed(QUESTION_NAME, TYPE[record.type], ttlSeconds, dataOf(record));
    if (length + part.length > limit) break;
    if (record.type === 'SRV') {
      const { target } = targetOf(record);
      if (!targets.has(target)) targets.set(target, length + QUESTION_NAME.length + 8 + BEFORE_TARGET);
    }
    parts.push(part);
    length += part.length;
    answers += 1;
  }
  const isWhole = answers === records.length;
  let additionals = 0;
  if (isWhole)
    for (const [target, offset] of targets)
      for (const record of addressesOf(target)) {
        const name = offset <= POINTER_MAX ? pointerTo(offset) : nameCoder.encode(target);
        const part = framed(name, TYPE[record.type], ttlSeconds, dataOf(record));
        if (length + part.length > limit) break;
        parts.push(part);
        length += part.length;
        additionals += 1;
      }
  return { bytes: Buffer.concat(parts), answers, authorities: 0, additionals, isWhole };
};

/** SOA values of Mesos-DNS, seconds. */
const SOA_TIMES = { refresh: 60, retry: 600, expire: 86_400 };

/** The zone's SOA: the answer about the apex, else the word that there is nothing, which may be believed for `ttlSeconds` (RFC 2308). */
export const soaBody = (
  zone: { readonly name: string; readonly serial: number },
  query: { readonly name: string; readonly isAnswer: boolean },
  ttlSeconds: number,
): Body => {
  const data = SOA.encode({
    mname: `ns1.${zone.name}`,
    rname: `root.ns1.${zone.name}`,
    serial: zone.serial >>> 0,
    ...SOA_TIMES,
    minimum: ttlSeconds,
  });
  const owner = pointerTo(HEADER_BYTES + query.name.length - zone.name.length);
  return {
    bytes: framed(owner, TYPE.SOA, ttlSeconds, data),
    answers: query.isAnswer ? 1 : 0,
    authorities: query.isAnswer ? 0 : 1,
    additionals: 0,
    isWhole: true,
  };
};
