import type { Millis } from '../kernel/units.ts';
import type { RouteTable } from '../traffic/table.ts';

export type { TrafficRule } from '../traffic/table.ts';

/** A load balancer in front of the applications. */
export type Balancer = {
  /** Such as `haproxy 2.6.12` or `embedded`. */
  readonly name: string;
  /**
   * Makes the table true and answers when it is: new requests go by it. Calls may overlap; the last table wins and earlier calls answer
   * when it, or they, are true. What needs no new process or listener takes effect without touching a connection.
   * @throws Error with a plain message when the balancer refuses the table; then it goes on with the one before.
   */
  apply(table: RouteTable): Promise<void>;
  /** What of the last table is not so though it was taken, such as a listener whose port another process has. The rest is served. */
  warnings?(): readonly string[];
  /** Counters since the balancer began to serve the route, never less than before even when its process was started anew. */
  counters(): Promise<readonly PoolCounters[]>;
  /** Connections and requests that a server is busy with; 0 when it has none or is not known. */
  busyWith(instance: string): Promise<number>;
  /** Structural changes that started a new process or worker, since the start. */
  reloads(): number;
  close(): Promise<void>;
};

/** Of one version behind one route. Counts only grow. */
export type PoolCounters = {
  readonly route: string;
  readonly app: string;
  readonly version: string;
  /** Requests (HTTP) or connections (TCP) passed on. */
  readonly requests: number;
  /** Answers with status 5xx, and requests that no server answered. */
  readonly errors: number;
  /** Requests that were passed to a second server because the first could not be connected to. */
  readonly retries: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of the requests lately (some seconds); absent while there were none. */
  readonly responseTimeMs?: { readonly mean: Millis; readonly p50?: Millis; readonly p95?: Millis; readonly p99?: Millis };
  readonly current: number;
};
