import type { DnsRecord, RecordType } from '../../domain/network/mesosDns.ts';
import type { Found, Names } from '../../domain/network/names.ts';
import { keyOfName } from '../../domain/network/recordSets.ts';
import { type Query, udpLimit } from './query.ts';
import { type Body, positiveBody, soaBody } from './records.ts';
import { OPT_BYTES, replyTo } from './reply.ts';
import { RCODE, TCP_BYTES, TYPE } from './wire.ts';

/** Answers that are kept as bytes; the one that was asked for longest ago goes first. */
const KEPT_MAX = 10_000;
/** Orders of records in which one answer is kept, so that clients spread. */
const ORDERS = 8;

const TYPES: ReadonlyMap<number, RecordType> = new Map([
  [TYPE.A, 'A'],
  [TYPE.AAAA, 'AAAA'],
  [TYPE.SRV, 'SRV'],
  [TYPE.TXT, 'TXT'],
]);

type Kept = { readonly found: Found; readonly records: readonly DnsRecord[]; readonly bodies: Body[]; next: number };

export type OwnOptions = {
  readonly names: Names;
  readonly ttlSeconds: number;
  /** Of the zones: grows with every fact. */
  readonly serial: () => number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
};

/** Answers about names of ours, from bytes that were made before where nothing changed since. undefined for other names. */
export const ownAnswers = ({ names, ttlSeconds, serial, random }: OwnOptions): ((query: Query, overTcp: boolean) => Buffer | undefined) => {
  const kept = new Map<string, Kept>();

  const addressesOf = (target: string): readonly DnsRecord[] =>
    names.find(keyOfName(target))?.records.filter(({ type }) => type === 'A' || type === 'AAAA') ?? [];

  const bodyOf = (one: Kept, query: Query, limit: number): Body => {
    const { bodies, records } = one;
    const orders = records.length > 1 ? ORDERS : 1;
    const nth = one.next % orders;
    one.next += 1;
    const known = bodies[nth];
    if (known !== undefined) return known;
    const body = positiveBody(shuffled(records, random), addressesOf, { start: query.end, ttlSeconds, limit });
    bodies[nth] = body;
    return body;
  };

  return (query, overTcp) => {
    const limit = (overTcp ? TCP_BYTES : udpLimit(query)) - (query.edns === undefined ? 0 : OPT_BYTES);
    const key = `${limit} ${query.key}`;
    const before = kept.get(key);
    if (before?.found.holds() === true) return positive(query, before, bodyOf(before, query, limit), overTcp);
    if (before !== undefined) kept.delete(key);
    const found = names.find(query.name);
    if (found === undefined) return undefined;
    if (!query.isInternet || query.type === TYPE.AXFR || query.type === TYPE.IXFR)
      return replyTo(query, { rcode: RCODE.REFUSED, isOurs: false });
    const records = asked(found.records, query.type);
    if (records.length === 0) return negative(query, found);
    const one: Kept = { found, records, bodies: [], next: 0 };
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, one);
    return positive(query, one, bodyOf(one, query, limit), overTcp);
  };

  /** Over TCP what does not fit a message of 64 KiB is left out: there is no longer one, and each answer has others. */
  function positive(query: Query, { records }: Kept, body: Body, overTcp: boolean): Buffer {
    return replyTo(query, { rcode: RCODE.NOERROR, body, isOurs: true, isCut: !overTcp && body.answers < records.length });
  }

  /** NODATA where the name exists, else NXDOMAIN (RFC 2308). */
  function negative(query: Query, { zone, exists }: Found): Buffer {
    const isAnswer = query.type === TYPE.SOA && query.name === zone;
    const body = soaBody({ name: zone, serial: serial() }, { name: query.name, isAnswer }, ttlSeconds);
    return replyTo(query, { rcode: exists ? RCODE.NOERROR : RCODE.NXDOMAIN, body, isOurs: true });
  }
};

/** For ANY the records of one type, which is all that a server owes (RFC 8482). */
const asked = (records: readonly DnsRecord[], type: number): readonly DnsRecord[] => {
  const wanted = type === TYPE.ANY ? records[0]?.type : TYPES.get(type);
  return wanted === undefined ? [] : records.filter((record) => record.type === wanted);
};

/** Fisher and Yates. */
const shuffled = (records: readonly DnsRecord[], random: () => number): readonly DnsRecord[] => {
  const all = [...records];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other] as DnsRecord, all[at] as DnsRecord];
  }
  return all;
};
