import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Endpoint } from './addresses.ts';
import { askOverTcp, askOverUdp, type Exchange } from './exchange.ts';
import type { ForwardCache } from './forwardCache.ts';
import { type Query, udpLimit } from './query.ts';
import { NOTHING, replyTo } from './reply.ts';
import { FLAG, HEADER_BYTES, RCODE, TCP_BYTES } from './wire.ts';

/** Servers that are asked about one question. */
const SERVERS_MAX = 2;
/** After so long the next server is asked too, ms; the first good answer wins. */
const NEXT_AFTER_MS = 400;
/** Then the client is told that it failed, ms: before resolvers' usual five seconds are over. */
const GIVE_UP_MS = 4_500;
/** Questions that others are asked at once; more are answered SERVFAIL. */
const UNDER_WAY_MAX = 1_000;

export type Forward = {
  /** The answer for this client. Never rejects. */
  resolve(query: Query, overTcp: boolean): Promise<Buffer>;
  close(): void;
};

/**
 * Asks others. Clients who ask the same at the same time share one question; so a question that comes back to us by whatever way waits for
 * itself and ends, instead of going round.
 */
export const createForward = (servers: readonly Endpoint[], cache: ForwardCache): Forward => {
  const underWay = new Map<string, Promise<Buffer | undefined>>();
  const closing = new AbortController();

  const asking = (query: Query, overTcp: boolean): Promise<Buffer | undefined> => {
    const key = keyOf(query, overTcp);
    const shared = underWay.get(key);
    if (shared !== undefined) return shared;
    if (underWay.size >= UNDER_WAY_MAX) return Promise.resolve(undefined);
    const asked = firstGood(servers, query, overTcp ? askOverTcp : askOverUdp, closing.signal)
      .then((answer) => {
        if (answer !== undefined) cache.put(key, answer);
        return answer;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };

  return {
    resolve: async (query, overTcp) => {
      if (servers.length === 0) return replyTo(query, { rcode: RCODE.REFUSED, isOurs: false });
      const answer = cache.get(keyOf(query, overTcp)) ?? (await asking(query, overTcp));
      if (answer === undefined) return replyTo(query, { rcode: RCODE.SERVFAIL, isOurs: false });
      return fitted(query, answer, overTcp);
    },
    close: () => closing.abort(),
  };
};

/** All of a query that its answer may depend on: the question, what the client takes, and how it is asked. */
const keyOf = ({ key, flags, edns }: Query, overTcp: boolean): string =>
  `${overTcp ? 't' : 'u'}${flags & (FLAG.RD | FLAG.CD | 0x20)} ${edns === undefined ? '' : `${edns.bytes} ${edns.flags}`} ${key}`;

/** With the client's id and its case of the name; cut to the question where it is longer than the client takes. */
const fitted = (query: Query, answer: Buffer, overTcp: boolean): Buffer => {
  if (answer.length > (overTcp ? TCP_BYTES : udpLimit(query)))
    return replyTo(query, { rcode: answer.readUInt16BE(2) & 0xf, body: NOTHING, isOurs: false, isCut: true });
  const own = Buffer.from(answer);
  query.message.copy(own, 0, 0, 2);
  query.message.copy(own, HEADER_BYTES, HEADER_BYTES, query.end);
  return own;
};

/** undefined when nobody answered in time. A server's SERVFAIL or REFUSED is passed on only when no other one knows better. */
const firstGood = async (
  servers: readonly Endpoint[],
  { message, end }: Query,
  ask: Exchange,
  closing: AbortSignal,
): Promise<Buffer | undefined> => {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, closing, AbortSignal.timeout(GIVE_UP_MS)]);
  let bad: Buffer | undefined;
  try {
    return await new Promise<Buffer | undefined>((resolve) => {
      const tried = servers.slice(0, SERVERS_MAX);
      let asked = 0;
      let left = tried.length;
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        const server = tried[asked++];
        if (server === undefined) return;
        timer = setTimeout(next, NEXT_AFTER_MS);
        ask(server, message, end, signal).then((answer) => {
          if (!isRefusal(answer)) {
            clearTimeout(timer);
            return resolve(answer);
          }
          bad = answer;
          failed();
        }, failed);
      };
      const failed = (): void => {
        left -= 1;
        if (left > 0) next();
        else {
          clearTimeout(timer);
          resolve(bad);
        }
      };
      next();
    });
  } finally {
    over.abort();
  }
};

const isRefusal = (answer: Buffer): boolean => {
  const rcode = answer.readUInt16BE(2) & 0xf;
  return rcode === RCODE.SERVFAIL || rcode === RCODE.REFUSED || rcode === RCODE.NOTIMP || rcode === RCODE.FORMERR;
};

const ANY_ADDRESS: readonly string[] = ['0.0.0.0', '::'];

/** Servers but ourselves: asking us would go round. @param bound where we listen */
export const withoutOurselves = (servers: readonly Endpoint[], bound: readonly Endpoint[]): readonly Endpoint[] => {
  const here = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)));
  const isOurs = ({ host, port }: Endpoint): boolean =>
    bound.some(
      (own) =>
        own.port === port &&
        (own.host === host || (ANY_ADDRESS.includes(own.host) && isIP(host) > 0 && (here.has(host) || host.startsWith('127.')))),
    );
  return servers.filter((server) => !isOurs(server));
};
