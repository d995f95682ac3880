import type { PoolCounters } from '../../../domain/ports/balancer.ts';
import type { Holder } from './worker.ts';

/** Of one slot in one worker, since that worker began (`show stat`, HAProxy's management guide §9.1). */
export type ServerStat = {
  readonly at: string;
  readonly current: number;
  readonly requests: number;
  readonly errors: number;
  readonly retries: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Mean of the last 1024 requests, ms. */
  readonly meanMs: number;
};

export const serverStats = (csv: string): readonly ServerStat[] => {
  const [header = '', ...lines] = csv.replace(/^# /, '').trim().split('\n');
  const names = new Map(header.split(',').map((name, index) => [name, index]));
  return lines.map((line) => {
    const fields = line.split(',');
    const text = (name: string): string => fields[names.get(name) ?? -1] ?? '';
    const count = (name: string): number => Number(text(name)) || 0;
    const answered = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'].reduce((sum, code) => sum + count(`hrsp_${code}`), 0);
    // A connection that broke before the answer may be counted twice: never more than there are requests without an answer.
    const unanswered = Math.max(0, count('stot') - count('wredis') - answered - count('scur'));
    const failed = Math.max(Math.min(count('eresp'), unanswered), count('econ'));
    const isHttp = text('mode') === 'http';
    return {
      at: `${text('pxname')}/${text('svname')}`,
      current: count('scur'),
      // A connection that could not be made and was tried elsewhere is no request of this server.
      requests: isHttp ? answered + failed : count('stot'),
      errors: isHttp ? count('hrsp_5xx') + failed : failed,
      retries: count('wretr') + count('wredis'),
      bytesIn: count('bin'),
      bytesOut: count('bout'),
      meanMs: count('ttime'),
    };
  });
};

/** A response time is told for so long after the requests that it is of, ms. */
const RECENT_MS = 10_000;

type Count = 'requests' | 'errors' | 'retries' | 'bytesIn' | 'bytesOut';
const COUNTS: readonly Count[] = ['requests', 'errors', 'retries', 'bytesIn', 'bytesOut'];
type Recent = { readonly mean: number; readonly at: number };
type Sum = { -readonly [K in Count]: number } & {
  readonly holder: Holder;
  current: number;
  timed: number;
  timedRequests: number;
  recent?: Recent;
};

/** Adds up what workers count, each from 0 on, by route and version; it never falls. */
export const createLedger = () => {
  const last = new Map<string, ServerStat>();
  const sums = new Map<string, Sum>();
  return {
    /** What one worker counts now; `holders` say whose slots they have been since the last look. */
    add: (worker: string, stats: readonly ServerStat[], holders: ReadonlyMap<string, Holder>): void => {
      for (const stat of stats) {
        const holder = holders.get(stat.at);
        if (holder === undefined) continue;
        const before = last.get(`${worker} ${stat.at}`);
        // Numbers that are read while others change may seem to fall for a moment; what was counted once is not counted again.
        last.set(`${worker} ${stat.at}`, before === undefined ? stat : { ...stat, ...highest(before, stat) });
        const sum = sumOf(sums, holder);
        for (const count of COUNTS) sum[count] += Math.max(0, stat[count] - (before?.[count] ?? 0));
        const fresh = Math.max(0, stat.requests - (before?.requests ?? 0));
        sum.current += stat.current;
        sum.timed += stat.meanMs * fresh;
        sum.timedRequests += fresh;
        if (fresh > 0) sum.recent = { mean: sum.timed / sum.timedRequests, at: performance.now() };
      }
    },
    /** A worker has ended: nothing more comes of it. */
    forget: (worker: string): void => {
      for (const key of last.keys()) if (key.startsWith(`${worker} `)) last.delete(key);
    },
    begin: (): void => {
      for (const sum of sums.values()) Object.assign(sum, { current: 0, timed: 0, timedRequests: 0 });
    },
    read: (): readonly PoolCounters[] =>
      [...sums.values()].map(({ holder, timed: _, timedRequests: __, recent, current, ...counts }) => {
        const isRecent = recent !== undefined && performance.now() - recent.at < RECENT_MS;
        return {
          route: holder.route,
          app: holder.app,
          version: holder.version,
          ...counts,
          current,
          ...(isRecent && { responseTimeMs: { mean: recent.mean } }),
        };
      }),
  };
};

const highest = (a: ServerStat, b: ServerStat): Pick<ServerStat, Count> => ({
  requests: Math.max(a.requests, b.requests),
  errors: Math.max(a.errors, b.errors),
  retries: Math.max(a.retries, b.retries),
  bytesIn: Math.max(a.bytesIn, b.bytesIn),
  bytesOut: Math.max(a.bytesOut, b.bytesOut),
});

const sumOf = (sums: Map<string, Sum>, holder: Holder): Sum => {
  const key = `${holder.route} ${holder.version}`;
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = { holder, requests: 0, errors: 0, retries: 0, bytesIn: 0, bytesOut: 0, current: 0, timed: 0, timedRequests: 0 };
    sums.set(key, sum);
  }
  return sum;
};

export type Ledger = ReturnType<typeof createLedger>;
