import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { either as E } from 'fp-ts';
import { openSqliteLog, type SqliteLog } from '../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM, type WireFact } from '../src/domain/kernel/ports.ts';
import { type BareFile, openBareFile } from './bareFile.ts';
import { APPENDS_PER_STREAM, makeFact, newId, newStream } from './facts.ts';

/**
 * Durable facts per second of the embedded log, beside a bare append-only file that is written and fdatasync-ed: the same fields of
 * the same kind of facts, from the same number of waiting writers, one after the other within each run. Facts are made beforehand.
 *   [BENCH_DIR=folder on the disk to measure] node bench/log.bench.ts [--json] [--runs N]
 */
const { values } = parseArgs({ options: { json: { type: 'boolean' }, runs: { type: 'string' } } });
const runs = Number(values.runs ?? 7);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

type Load = {
  readonly name: string;
  readonly writers: number;
  readonly factsPerAppend: number;
  readonly appendsPerWriter: number;
  readonly expectedRatio: number;
};
const LOADS: readonly Load[] = [
  { name: '64x1', writers: 64, factsPerAppend: 1, appendsPerWriter: 800, expectedRatio: 0.2 },
  { name: '16x100', writers: 16, factsPerAppend: 100, appendsPerWriter: 50, expectedRatio: 0.25 },
];
type Append = { readonly stream: string; readonly expected: number; readonly facts: readonly WireFact[] };
type Sample = {
  readonly factsPerSecond: number;
  readonly mainMicros: number;
  readonly logThreadMicros: number;
  readonly factsPerSync: number;
};

/** What each writer will append, one after the other. */
const makeWork = ({ writers, factsPerAppend, appendsPerWriter }: Load): Append[][] =>
  Array.from({ length: writers }, (_, writer) => {
    const appends: Append[] = [];
    let [stream, correlation, nth] = ['', '', APPENDS_PER_STREAM];
    for (let i = 0; i < appendsPerWriter; i++, nth++) {
      if (nth === APPENDS_PER_STREAM || (i === writer % APPENDS_PER_STREAM && i > 0)) {
        stream = newStream();
        correlation = newId();
        nth = 0;
      }
      const expected = NO_STREAM + nth * factsPerAppend;
      appends.push({ stream, expected, facts: Array.from({ length: factsPerAppend }, (_, k) => makeFact(expected + 1 + k, correlation)) });
    }
    return appends;
  });

/** One line of the bare file: every field that the log keeps, nothing to parse it by but tabs. */
const lineOf = (stream: string, revision: number, { id, type, data, meta }: WireFact): string =>
  `${stream}\t${revision}\t${id}\t${type}\t${meta.at}\t${meta.term}\t${meta.by}\t${meta.correlationId}\t${meta.causationId}\t${meta.state}\t${meta.owes}\t${meta.due ?? ''}\t${meta.chart ?? ''}\t${data}\n`;

const measure = async (
  load: Load,
  append: (append: Append) => Promise<void>,
  counters: () => { syncs: number; logCpu: number },
): Promise<Sample> => {
  const work = makeWork(load);
  const facts = load.writers * load.factsPerAppend * load.appendsPerWriter;
  // What was made beforehand is not to be moved around by the collector while the clock runs.
  collectGarbage();
  const before = counters();
  const cpuBefore = process.threadCpuUsage();
  const start = performance.now();
  await Promise.all(
    work.map(async (appends) => {
      for (const one of appends) await append(one);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.threadCpuUsage(cpuBefore);
  const after = counters();
  return {
    factsPerSecond: facts / seconds,
    mainMicros: (cpu.user + cpu.system) / facts,
    logThreadMicros: (after.logCpu - before.logCpu) / facts,
    factsPerSync: facts / (after.syncs - before.syncs),
  };
};

const toLog = (log: SqliteLog, load: Load): Promise<Sample> =>
  measure(
    load,
    async ({ stream, expected, facts }) => {
      const answer = await log.append(stream, expected, facts);
      if (E.isLeft(answer)) throw new Error(`append failed: ${JSON.stringify(answer.left)}`);
    },
    () => ({ syncs: log.stats().commits, logCpu: log.stats().logThreadCpuMicros }),
  );

const toFile = (file: BareFile, load: Load): Promise<Sample> =>
  measure(
    load,
    ({ stream, expected, facts }) => {
      let lines = '';
      for (const [i, fact] of facts.entries()) lines += lineOf(stream, expected + 1 + i, fact);
      return file.append(lines);
    },
    () => ({ syncs: file.syncs(), logCpu: 0 }),
  );

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const medians = (samples: readonly Sample[]): Sample => ({
  factsPerSecond: rounded(median(samples.map((s) => s.factsPerSecond)), 0),
  mainMicros: rounded(median(samples.map((s) => s.mainMicros)), 2),
  logThreadMicros: rounded(median(samples.map((s) => s.logThreadMicros)), 2),
  factsPerSync: rounded(median(samples.map((s) => s.factsPerSync)), 1),
});

/** Facts read per second, page by page, as recovery does. */
const readBack = async (log: SqliteLog): Promise<number> => {
  const start = performance.now();
  let count = 0;
  const subscription = await log.subscribe(0, (facts) => {
    count += facts.length;
  });
  await subscription.close();
  return rounded(count / ((performance.now() - start) / 1000), 0);
};

const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wharf-bench-'));
try {
  const results = [];
  for (const load of LOADS) {
    const path = join(folder, `${load.name}.db`);
    const bare = join(folder, `${load.name}.txt`);
    const log = await openSqliteLog({ path });
    const file = openBareFile(bare);
    const logSamples: Sample[] = [];
    const fileSamples: Sample[] = [];
    for (let run = -1; run < runs; run++) {
      // The first run warms both up and isn't counted.
      const ofLog = await toLog(log, load);
      const ofFile = await toFile(file, load);
      if (run < 0) continue;
      logSamples.push(ofLog);
      fileSamples.push(ofFile);
    }
    const facts = log.head();
    const readPerSecond = await readBack(log);
    await log.close();
    file.close();
    results.push({
      load: load.name,
      log: medians(logSamples),
      file: medians(fileSamples),
      ratio: rounded(median(logSamples.map((sample, i) => sample.factsPerSecond / (fileSamples[i]?.factsPerSecond ?? Number.NaN))), 3),
      expectedRatio: load.expectedRatio,
      readPerSecond,
      bytesPerFact: { log: rounded(statSync(path).size / facts, 0), file: rounded(statSync(bare).size / facts, 0) },
    });
  }
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
  if (values.json) console.log(JSON.stringify({ name: 'log', machine, runs, results }));
  else {
    console.log(`${machine}; medians of ${runs} runs`);
    for (const { load, log, file, ratio, expectedRatio, readPerSecond, bytesPerFact } of results) {
      console.log(`\n${load} (writers x facts)`);
      console.log(`  log   ${log.factsPerSecond} facts/s, ${log.factsPerSync} per sync, ${bytesPerFact.log} bytes per fact on disk`);
      console.log(`  file  ${file.factsPerSecond} facts/s, ${file.factsPerSync} per sync, ${bytesPerFact.file} bytes per fact on disk`);
      console.log(`  ratio ${ratio} (expected: at least ${expectedRatio})`);
      console.log(
        `  CPU   main thread ${log.mainMicros} us, log thread ${log.logThreadMicros} us per fact; the file: ${file.mainMicros} us`,
      );
      console.log(`  read  ${readPerSecond} facts/s`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
