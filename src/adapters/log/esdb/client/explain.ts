import { status } from '@grpc/grpc-js';

/** What a store answered, for the operator and for who decides whether to ask again. */
export type Trouble = {
  /** Whether the same question may be answered later, by this or by another node. */
  readonly isPassing: boolean;
  readonly text: string;
};

/** The term that leads by now, where a store that knows of terms refused one before it; EventStoreDB knows of none. */
export const fencedBy = (error: unknown): number | undefined => {
  const by = (error as { metadata?: { get?(key: string): unknown[] } }).metadata?.get?.('fenced-by')[0];
  return by === undefined ? undefined : Number(by);
};

/** A network that fails, a node that restarts, a leader that changes. */
const PASSING: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.UNKNOWN,
]);

/** Why a call to the store failed: gRPC's statuses and EventStoreDB's trailers in plain words. */
export const explain = (error: unknown): Trouble => {
  const { code, details, message, metadata } = error as {
    code?: number;
    details?: string;
    message?: string;
    metadata?: { get(key: string): unknown[] };
  };
  const said = details || message || String(error);
  const exception = String(metadata?.get?.('exception')?.[0] ?? '');
  if (exception === 'not-leader') return { isPassing: true, text: 'another node of the cluster leads' };
  if (exception === 'maximum-append-size-exceeded')
    return {
      isPassing: false,
      text: `the append has more bytes than the store takes (${String(metadata?.get('maximum-append-size')[0] ?? '')}; MaxAppendSize of EventStoreDB)`,
    };
  if (code === status.UNAUTHENTICATED)
    return { isPassing: false, text: 'the store knows no such user, or the password is another: esdb://user:password@…' };
  if (code === status.PERMISSION_DENIED) return { isPassing: false, text: `the store denies access to this user: ${said}` };
  if (/certificate|self.signed|unable to verify|CERT_|Hostname\/IP/i.test(said))
    return { isPassing: false, text: `the store's certificate is not trusted (${said}); ?tlsCAFile=… names who signed it` };
  if (/wrong version number|SSL routines|EPROTO|packet length too long/i.test(said))
    return { isPassing: false, text: `one of both sides speaks TLS and the other does not (${said}); ?tls=false is for stores without` };
  if (/Failed to discover/i.test(said))
    return { isPassing: true, text: `no node answers as a member of a cluster (${said}); a single node is named esdb://host:port` };
  const refused = /connect (?:E[A-Z]+) \S+:\d+/.exec(said)?.[0];
  if (refused !== undefined) return { isPassing: true, text: `nobody answers there (${refused})` };
  if (/Name resolution failed/i.test(said))
    return { isPassing: true, text: `the store's host has no address: ${said.replace(/^.*target dns:/, '')}` };
  // Nothing more is known of a connection that was closed before it said anything.
  if (/Failed to connect/i.test(said))
    return {
      isPassing: true,
      text: 'whoever listens there ends every connection; a store with TLS does so to clients without (?tls=false)',
    };
  if (code !== undefined && PASSING.has(code)) return { isPassing: true, text: said };
  // What the client itself throws before any call was made.
  if (code === undefined) return { isPassing: true, text: said };
  return { isPassing: false, text: said };
};
