import { DatabaseSync } from 'node:sqlite';
import type { SqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';

const MICROS = 1e6;

/** The most that this process had in memory since it started, bytes. */
export const peakRssBytes = (): number => process.resourceUsage().maxRSS * 1024;

export type Metered = {
  readonly wallSeconds: number;
  readonly cpuSeconds: { readonly process: number; readonly mainThread: number; readonly logThread: number };
  readonly facts: number;
  /** Transactions of the log, each with one sync of the disk. */
  readonly fsyncs: number;
};

/** What a piece of work takes, from now until it is read. CPU of the process is that of all threads; of the log thread up to its last commit. */
export const startMeter = (log: SqliteLog): (() => Metered) => {
  const cpu = process.cpuUsage();
  const main = process.threadCpuUsage();
  const before = log.stats();
  const head = log.head();
  const begun = performance.now();
  return () => {
    const wallSeconds = (performance.now() - begun) / 1000;
    const all = process.cpuUsage(cpu);
    const own = process.threadCpuUsage(main);
    const after = log.stats();
    return {
      wallSeconds,
      cpuSeconds: {
        process: (all.user + all.system) / MICROS,
        mainThread: (own.user + own.system) / MICROS,
        logThread: (after.logThreadCpuMicros - before.logThreadCpuMicros) / MICROS,
      },
      facts: log.head() - head,
      fsyncs: after.commits - before.commits,
    };
  };
};

/** Of a log in a file, as SQLite counts it, what has not reached the file itself included; bytes. */
export const logBytes = (path: string): number => {
  const file = new DatabaseSync(path, { readOnly: true });
  const pages = file.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size').get();
  file.close();
  return Number(pages?.bytes);
};
