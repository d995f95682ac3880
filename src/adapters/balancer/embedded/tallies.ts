import type { PoolCounters } from '../../../domain/ports/balancer.ts';

/** Response times are those of this long ago, milliseconds… */
const LATELY_MS = 10_000;
/** …and at most so many of them. */
const TIMES_MAX = 2_048;

/** Bytes of one connection to a server as they are now. */
export type Bytes = () => { readonly toServer: number; readonly toClient: number };

/** What is counted of one version behind one route. */
export class Tally {
  requests = 0;
  errors = 0;
  retries = 0;
  #toServer = 0;
  #toClient = 0;
  #slot = 0;
  readonly #live = new Set<Bytes>();
  readonly #times: { readonly at: number; readonly took: number }[] = [];

  /** Something that lasts has begun; its bytes count from now on. */
  begin(bytes: Bytes): () => void {
    this.#live.add(bytes);
    return () => {
      if (!this.#live.delete(bytes)) return;
      const { toServer, toClient } = bytes();
      this.#toServer += toServer;
      this.#toClient += toClient;
    };
  }

  took(took: number, now: number): void {
    this.#times[this.#slot] = { at: now, took };
    this.#slot = (this.#slot + 1) % TIMES_MAX;
  }

  read(route: string, app: string, version: string, now: number): PoolCounters {
    let [bytesIn, bytesOut] = [this.#toServer, this.#toClient];
    for (const bytes of this.#live) {
      const { toServer, toClient } = bytes();
      bytesIn += toServer;
      bytesOut += toClient;
    }
    const { requests, errors, retries } = this;
    const times = this.#times.filter(({ at }) => at > now - LATELY_MS).map(({ took }) => took);
    return {
      route,
      app,
      version,
      requests,
      errors,
      retries,
      bytesIn,
      bytesOut,
      current: this.#live.size,
      ...(times.length > 0 && { responseTimeMs: timesOf(times.toSorted((a, b) => a - b)) }),
    };
  }
}

const timesOf = (sorted: readonly number[]): NonNullable<PoolCounters['responseTimeMs']> => {
  const quantile = (share: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return {
    mean: rounded(sorted.reduce((sum, each) => sum + each, 0) / sorted.length),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
};

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
