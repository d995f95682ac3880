import { status } from '@grpc/grpc-js';

/** What a store answered, for the operator and for who decides whether to ask again. */
export type Trouble = {
  /** Whether the same question may be answered later, by this or by another node. */
  readonly isPassing: boolean;
  readonly text: string;
  /** The term that leads, where a store that knows terms refuses an older one. */
  readonly fencedBy?: number;
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
  const fencedBy = metadata?.get?.('fenced-by')?.[0];
  if (fencedBy !== undefined) return { isPassing: false, text: said, fencedBy: Number(fencedBy) };
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
  if (code !== undefined && PASSING.has(code)) return { isPassing: true, text: said };
  // What the client itself throws before any call was made.
  if (code === undefined) return { isPassing: true, text: said };
  return { isPassing: false, text: said };
};
