import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Election } from '../../domain/ports/election.ts';
import { unavailable } from './problem.ts';

/** Who leads, as this server tells it. */
export type Leadership = {
  /** Whether this engine leads. */
  readonly isElected: boolean;
  /** Whether several engines stand for it. */
  readonly isShared: boolean;
  /** Where the leader's API answers; undefined: nobody leads. */
  urlOf(request: FastifyRequest): string | undefined;
  /** Address of a host's name, for those who make DNS records of it; undefined where it has none. */
  addressOf(host: string): string | undefined;
  close(): void;
};

declare module 'fastify' {
  interface FastifyInstance {
    leadership: Leadership;
  }
}

/** One engine leads, and that is this one: it is where the client reached it. */
export const aloneInTheLead: Leadership = {
  isElected: true,
  isShared: false,
  urlOf: (request) => `${request.protocol}://${request.headers.host ?? 'localhost'}`,
  addressOf: () => undefined,
  close: () => {},
};

/** Closed by who made it. The leader's name is looked up when a leader comes, so that no request waits for DNS. */
export const electedLeader = (election: Pick<Election, 'leader' | 'onChange'>, isElected: boolean): Leadership => {
  const addresses = new Map<string, string>();
  const look = (): void => {
    const host = hostIn(election.leader()?.url);
    if (host === undefined || isIP(host) > 0) return;
    lookup(host).then(
      ({ address }) => addresses.set(host, address),
      () => undefined,
    );
  };
  look();
  return {
    isElected,
    isShared: true,
    urlOf: () => election.leader()?.url,
    addressOf: (host) => (isIP(host) > 0 ? host : addresses.get(host)),
    close: election.onChange(look),
  };
};

/** `host:port` of the leader, as Marathon tells it; undefined: nobody leads. */
export const leaderOf = (request: FastifyRequest): string | undefined => {
  const url = request.server.leadership.urlOf(request);
  return url === undefined ? undefined : placeIn(url);
};

/** @throws Problem 503 where nobody leads */
export const leaderUrlOf = (request: FastifyRequest): URL => {
  const url = request.server.leadership.urlOf(request);
  if (url === undefined) throw unavailable('Nobody leads now.');
  return new URL(url);
};

/** `host:port` of an URL, as it was written: a port that its scheme has by itself is kept. */
export const placeIn = (url: string): string => /^[a-z]+:\/\/([^/]*)/i.exec(url)?.[1] ?? url;

const hostIn = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
