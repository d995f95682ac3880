/**
 * What the load balancer should do, whole: which requests of which listener go to which servers. It is computed from the definitions, the
 * instances and what deployments owe; an adapter makes it true as often as it is told, and tells the difference to what is already so.
 */
export type RouteTable = {
  readonly listeners: readonly Listener[];
  readonly routes: readonly Route[];
};

/** One port that clients connect to. */
export type Listener = {
  /** Stable, such as `http:80`. */
  readonly id: string;
  /** '*' for all addresses. */
  readonly address: string;
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  /** Ends TLS here; the certificate is chosen by SNI, the first one where none fits. */
  readonly tls?: { readonly certificates: readonly Certificate[] };
  /** Connections begin with a PROXY protocol header (v1 or v2) that says who the client is. */
  readonly acceptsProxy: boolean;
};

/** Both in PEM. */
export type Certificate = { readonly hosts: readonly string[]; readonly certificate: string; readonly key: string };

/** Requests of one kind, and who answers them. Of the routes of a listener that match, the one with the longest path wins. */
export type Route = {
  /** Stable over versions of the app: `<app>:<port index>`, with `#n` where a port has several. */
  readonly id: string;
  readonly app: string;
  /** Ids of the listeners it is reached by. */
  readonly listeners: readonly string[];
  readonly mode: 'http' | 'tcp';
  /** Lower case; `*.example.org` for all below; none: any host. HTTP only, or by SNI where a TCP listener ends TLS. */
  readonly hosts: readonly string[];
  /** Prefix of the path, on whole segments; absent: any. HTTP only. */
  readonly path?: string;
  /** A prefix that is cut off before the request is passed on. */
  readonly stripPath?: string;
  /** Answered with a redirect to the same URL over HTTPS. */
  readonly redirectToHttps: boolean;
  /** Adds Strict-Transport-Security to answers over TLS. */
  readonly hsts: boolean;
  readonly balance: 'roundrobin' | 'leastconn' | 'source';
  /** Keeps a client with the server that it got, by a cookie of this name (HTTP), or by its address (TCP, where it is ''). */
  readonly sticky?: string;
  /** Tells servers who the client is, by a PROXY protocol header. */
  readonly sendsProxy?: 'v1' | 'v2';
  /** Basic authentication: realm, and users with their passwords as `crypt(3)` hashes. */
  readonly auth?: { readonly realm: string; readonly users: Readonly<Record<string, string>> };
  readonly timeouts: { readonly connectMs: number; readonly serverMs: number };
  /** By configuration version. */
  readonly pools: readonly Pool[];
  /** Tried in order before weights are; the first whose condition holds decides the pool. HTTP only. */
  readonly rules: readonly TrafficRule[];
};

export type Pool = {
  /** Configuration version of its servers. */
  readonly version: string;
  /**
   * Share of the requests, relative to the other pools' weights; 0: only what a rule or a cookie sends here. Absent in all pools: every
   * server alike, whatever its version.
   */
  readonly weight?: number;
  readonly servers: readonly Server[];
};

export type Server = {
  /** Id of the instance. */
  readonly instance: string;
  readonly address: string;
  readonly port: number;
  /** Draining: it gets no new requests, not even those of clients that stick to it, and ends what it has begun. */
  readonly isDraining: boolean;
};

/** Which requests go to one version whatever the weights say. `percent`: this share of clients, who then stay by a cookie. */
export type TrafficRule = {
  readonly version: string;
  readonly when:
    | { readonly header: string; readonly equals: string }
    | { readonly cookie: string; readonly equals: string }
    | { readonly percent: number; readonly cookie: string };
};

export const EMPTY_TABLE: RouteTable = { listeners: [], routes: [] };
