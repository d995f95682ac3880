import { FLAG, HEADER_BYTES, nameEnd, RCODE, recordAt, TYPE } from './wire.ts';

/** Answers of others that are kept. */
const KEPT_MAX = 10_000;
/** Longer ones are not kept, bytes. */
const KEPT_BYTES_MAX = 4_096;
/** Nobody's word is kept longer, seconds: RFC 8767 recommends a bound of days. */
const TTL_MAX_SECONDS = 86_400;
/** A negative answer is kept so long at most, seconds (RFC 2308, 5). */
const NEGATIVE_MAX_SECONDS = 3_600;

type Kept = { readonly answer: Buffer; readonly ttlsAt: readonly number[]; readonly at: number; readonly seconds: number };

/** Others' answers for as long as they said, their TTLs counted down. Keys say all that an answer depends on. */
export type ForwardCache = {
  /** A copy that may be written to. */
  get(key: string): Buffer | undefined;
  put(key: string, answer: Buffer): void;
};

/** @param now monotonic, ms */
export const forwardCache = (now: () => number): ForwardCache => {
  const kept = new Map<string, Kept>();
  return {
    get: (key) => {
      const one = kept.get(key);
      if (one === undefined) return undefined;
      const age = Math.floor((now() - one.at) / 1000);
      if (age >= one.seconds) {
        kept.delete(key);
        return undefined;
      }
      const answer = Buffer.from(one.answer);
      for (const at of one.ttlsAt) answer.writeUInt32BE(Math.max(0, answer.readUInt32BE(at) - age), at);
      return answer;
    },
    put: (key, answer) => {
      const life = lifeOf(answer);
      if (life === undefined || answer.length > KEPT_BYTES_MAX) return;
      kept.delete(key);
      if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value ?? '');
      kept.set(key, { answer: Buffer.from(answer), at: now(), ...life });
    },
  };
};

/** How long an answer may be kept, and where its TTLs are; undefined for one that may not: cut, failed, without a word on time, malformed. */
const lifeOf = (answer: Buffer): Pick<Kept, 'ttlsAt' | 'seconds'> | undefined => {
  const flags = answer.readUInt16BE(2);
  const rcode = flags & 0xf;
  if ((flags & FLAG.TC) !== 0 || (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN)) return undefined;
  const questionEnds = nameEnd(answer, HEADER_BYTES);
  if (questionEnds === undefined) return undefined;
  const [answers, authorities, additionals] = [6, 8, 10].map((at) => answer.readUInt16BE(at)) as [number, number, number];
  const ttlsAt: number[] = [];
  let seconds = TTL_MAX_SECONDS;
  let negative: number | undefined;
  let at = questionEnds + 4;
  for (let nth = 0; nth < answers + authorities + additionals; nth++) {
    const record = recordAt(answer, at);
    if (record === undefined) return undefined;
    at = record.end;
    if (record.type === TYPE.OPT) continue;
    const ttl = answer.readUInt32BE(record.ttlAt);
    ttlsAt.push(record.ttlAt);
    seconds = Math.min(seconds, ttl);
    if (record.type === TYPE.SOA && nth >= answers && nth < answers + authorities && record.end - record.dataAt >= 20)
      negative = Math.min(ttl, answer.readUInt32BE(record.end - 4), NEGATIVE_MAX_SECONDS);
  }
  if (answers === 0 || rcode === RCODE.NXDOMAIN) {
    if (negative === undefined) return undefined;
    seconds = Math.min(seconds, negative);
  }
  return seconds > 0 ? { ttlsAt, seconds } : undefined;
};
