import type { Route } from './table.ts';

/** What one route of one app asks for, before it is seen beside those of the others. */
export type RouteDraft = Omit<Route, 'id' | 'app' | 'listeners' | 'pools' | 'rules'> & {
  /** Index or name of the app's port. */
  readonly port: string | number;
  readonly at: readonly DraftListener[];
};

export type DraftListener = {
  readonly address: string;
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  /** Names of certificates; none: those that fit the hosts. */
  readonly tls?: readonly string[];
  readonly acceptsProxy: boolean;
};

export const DEFAULT_CONNECT_MS = 5_000;
export const DEFAULT_SERVER_MS = 60_000;
/** Cookie that keeps a client with its server; marathon-lb's. */
export const STICKY_COOKIE = 'mesosphere_server_id';
