import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { either as E } from 'fp-ts';
import { openSqliteLog, type SqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM } from '../../src/domain/kernel/ports.ts';
import { startKafkaBrokers, whyNoKafka } from '../../test/support/kafkaBroker.ts';
import { makeFact, newId, newStream } from '../facts.ts';
import { cpuOf } from './cpu.ts';
import { medians, quantile } from './figures.ts';

/** How often facts are appended at a steady pace, ms, and how many each time: 1,000 a second. */
const EVERY_MS = 10;
const EACH_TIME = 10;
/** Appends under way where as much is appended as the log takes. */
const IN_FLIGHT = 64;
/** What is behind when a backlog is published, facts. */
const BACKLOG = 50_000;
/** What a publisher has sent before anything is counted. */
const WARM_UP = 2_000;

/** From recorded to acknowledged by the broker, ms; facts per second from the first recorded to the last acknowledged. */
type Lag = {
  readonly recordedPerSecond: number;
  readonly publishedPerSecond: number;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
};

export type Publishing = {
  readonly steady: Lag;
  readonly full: Lag;
  readonly backlog: { readonly facts: number; readonly publishedPerSecond: number; readonly publisherMicros: number };
};

type Acknowledged = { readonly position: number; readonly at: number };

const now = (): number => performance.timeOrigin + performance.now();

/** @returns why there are no figures where there is no broker */
export const measurePublishing = async (folder: string, runs: number, runMs: number): Promise<Publishing | string> => {
  const why = await whyNoKafka();
  if (why !== undefined) return why;
  const kafka = await startKafkaBrokers();
  try {
    const samples: { readonly steady: Lag; readonly full: Lag; readonly backlog: Publishing['backlog'] }[] = [];
    for (let run = 0; run < runs; run++)
      samples.push(await measureOnce(join(folder, `published-${run}`), kafka.addresses[0] ?? '', `bench${run}`, runMs));
    return {
      steady: medians(samples.map(({ steady }) => steady)),
      full: medians(samples.map(({ full }) => full)),
      backlog: medians(samples.map(({ backlog }) => backlog)),
    };
  } finally {
    await kafka.stop();
  }
};

const measureOnce = async (name: string, broker: string, prefix: string, runMs: number) => {
  const file = `${name}.sqlite`;
  const log = await openSqliteLog({ path: file });
  try {
    await appendMany(log, WARM_UP);
    const first = publisherOf(file, `${name}.json`, broker, prefix);
    await first.reached(WARM_UP);
    const steady = await lagOf(log, first, () => appendSteadily(log, runMs));
    const full = await lagOf(log, first, () => appendFully(log, runMs));
    await first.stop();
    await appendMany(log, BACKLOG);
    // Its start, and the first page that it sends, are not of the pace.
    const second = publisherOf(file, `${name}.json`, broker, prefix);
    const begun = await second.reached(log.head() - BACKLOG + 1);
    const cpuBefore = cpuOf(second.pid);
    const done = await second.reached(log.head());
    const facts = done.position - begun.position;
    const backlog = {
      facts: BACKLOG,
      publishedPerSecond: facts / ((done.at - begun.at) / 1000),
      publisherMicros: (cpuOf(second.pid) - cpuBefore) / facts,
    };
    await second.stop();
    return { steady, full, backlog };
  } finally {
    await log.close();
  }
};

/** When each fact was recorded, by its position. */
type Recorded = ReadonlyMap<number, number>;

const lagOf = async (log: SqliteLog, publisher: Publisher, append: () => Promise<Recorded>): Promise<Lag> => {
  const before = log.head();
  const began = now();
  const recorded = await append();
  const recordedMs = now() - began;
  const done = await publisher.reached(log.head());
  const lags: number[] = [];
  let at = 0;
  const acknowledged = publisher.acknowledged.filter(({ position }) => position > before);
  for (const [position, recordedAt] of [...recorded].sort(([a], [b]) => a - b)) {
    while ((acknowledged[at]?.position ?? Number.POSITIVE_INFINITY) < position) at++;
    lags.push((acknowledged[at]?.at ?? Number.NaN) - recordedAt);
  }
  return {
    recordedPerSecond: recorded.size / (recordedMs / 1000),
    publishedPerSecond: recorded.size / ((done.at - began) / 1000),
    lagP50Ms: quantile(lags, 0.5),
    lagP99Ms: quantile(lags, 0.99),
  };
};

const appendOne = async (log: SqliteLog, recorded: Map<number, number>): Promise<void> => {
  const answer = await log.append(newStream(), NO_STREAM, [makeFact(0, newId())]);
  if (E.isLeft(answer)) throw new Error(`append failed: ${JSON.stringify(answer.left)}`);
  recorded.set(answer.right.position, now());
};

const appendSteadily = async (log: SqliteLog, ms: number): Promise<Recorded> => {
  const recorded = new Map<number, number>();
  const appended: Promise<void>[] = [];
  const began = performance.now();
  for (let turn = 1; turn * EVERY_MS <= ms; turn++) {
    for (let i = 0; i < EACH_TIME; i++) appended.push(appendOne(log, recorded));
    await pause(Math.max(0, began + turn * EVERY_MS - performance.now()));
  }
  await Promise.all(appended);
  return recorded;
};

const appendFully = async (log: SqliteLog, ms: number): Promise<Recorded> => {
  const recorded = new Map<number, number>();
  const until = performance.now() + ms;
  const write = async (): Promise<void> => {
    while (performance.now() < until) await appendOne(log, recorded);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, write));
  return recorded;
};

const appendMany = async (log: SqliteLog, facts: number): Promise<void> => {
  const recorded = new Map<number, number>();
  for (let left = facts; left > 0; left -= 1_000)
    await Promise.all(Array.from({ length: Math.min(1_000, left) }, () => appendOne(log, recorded)));
};

type Publisher = {
  readonly pid: number;
  readonly acknowledged: readonly Acknowledged[];
  /** The page with which the broker had acknowledged everything up to a position. */
  reached(position: number): Promise<Acknowledged>;
  stop(): Promise<void>;
};

const publisherOf = (log: string, file: string, broker: string, prefix: string): Publisher => {
  const args = [...process.execArgv, join(import.meta.dirname, 'publisher.ts'), log, file, broker, prefix];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const acknowledged: Acknowledged[] = [];
  let look = (): void => {};
  const ended = once(child, 'exit');
  if (child.stdout === null) throw new Error('it says nothing');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [position, at] = line.split(' ').map(Number);
    acknowledged.push({ position: position ?? 0, at: at ?? 0 });
    look();
  });
  return {
    pid: child.pid ?? 0,
    acknowledged,
    reached: (position) => {
      const reached = new Promise<Acknowledged>((resolve) => {
        look = () => {
          const found = acknowledged.find((one) => one.position >= position);
          if (found !== undefined) resolve(found);
        };
        look();
      });
      const failed = ended.then(([code]) => {
        throw new Error(`the publisher ended with ${code}`);
      });
      return Promise.race([reached, failed]);
    },
    stop: async () => {
      child.stdin?.end();
      await ended;
    },
  };
};
