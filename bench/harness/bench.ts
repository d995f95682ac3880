import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commit, machine } from './machine.ts';
import { RUN_DIR } from './runDir.ts';
import { type Figures, spreadsOf } from './spread.ts';
import { rowsOf } from './table.ts';

/** Tells a process that it is to do one run, with which options. */
const RUN = 'WHARF_BENCH_RUN';
const USUAL_RUNS = 3;
/** What the page of results is made of. */
export const RESULTS = join(import.meta.dirname, '..', 'results');

export type Bench<Options extends Readonly<Record<string, number>>> = {
  readonly name: string;
  /** What can be set by `--<name> <number>`, with what it is otherwise. */
  readonly options: Options;
  /** Runs unless told otherwise by `--runs`. */
  readonly runs?: number;
  /** Of Node, besides those of all benches, such as its limit of memory. */
  readonly flags?: readonly string[];
  /** What all runs begin from, made once before the first, in a process of its own: files in `dir`, which is removed after the last run. */
  prepare?(options: Options, say: (text: string) => void, dir: string): Promise<void>;
  /** One measured run, in a process of its own, which ends with it. `say` tells whoever waits how far it is. @throws Error where what was to be done was not done */
  run(options: Options, say: (text: string) => void, dir: string): Promise<Figures>;
};

/** Of one process. */
type Asked<Options> = { readonly options: Options; readonly dir: string; readonly isPreparing: boolean };

/** Runs a bench as often as asked, each time in a new process, and prints a table, or with `--json` one line; `--save` keeps that line among the results, `--as` under another name. */
export const runBench = async <Options extends Readonly<Record<string, number>>>(bench: Bench<Options>): Promise<void> => {
  const asked = process.env[RUN];
  if (asked !== undefined) return beRun(bench, JSON.parse(asked) as Asked<Options>);
  try {
    await runAll(bench);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
};

const runAll = async <Options extends Readonly<Record<string, number>>>(bench: Bench<Options>): Promise<void> => {
  const { json, save, as, runs, options } = parse(bench);
  const before = { machine: machine(), commit: commit(), loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10 };
  const told: Figures[] = [];
  const dir = await mkdtemp(join(tmpdir(), `wharf-${bench.name}-`));
  try {
    if (bench.prepare !== undefined) await runOnce(bench, { options, dir, isPreparing: true });
    for (let nth = 1; nth <= runs; nth++) {
      process.stderr.write(`${bench.name}: run ${nth} of ${runs}\n`);
      told.push(await runOnce(bench, { options, dir, isPreparing: false }));
    }
  } finally {
    await rm(dir, { recursive: true });
  }
  const spreads = spreadsOf(told);
  const head = { name: bench.name, ...before, runs, ...options };
  const line = `${JSON.stringify({ ...head, ...spreads })}\n`;
  if (save) {
    await mkdir(RESULTS, { recursive: true });
    await writeFile(join(RESULTS, `${as}.json`), line);
  }
  if (json) process.stdout.write(line);
  else {
    console.log(
      Object.entries(head)
        .map(([key, value]) => `${key}: ${value}`)
        .join('\n'),
    );
    console.table(rowsOf(spreads));
  }
};

const parse = <Options extends Readonly<Record<string, number>>>(bench: Bench<Options>) => {
  const names = Object.keys(bench.options);
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      save: { type: 'boolean' },
      as: { type: 'string' },
      runs: { type: 'string' },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const numberOf = (name: string, usual: number): number => {
    const value = (values as Record<string, unknown>)[name];
    if (value === undefined) return usual;
    const number = Number(value);
    if (!(number >= 0) || value === '') throw new Error(`--${name} ${value}: a number from 0 on is needed`);
    return number;
  };
  const options = Object.fromEntries(Object.entries(bench.options).map(([name, usual]) => [name, numberOf(name, usual)])) as Options;
  const as = String((values as Record<string, unknown>).as ?? bench.name);
  if (!/^[\w-]+$/.test(as)) throw new Error(`--as ${as}: letters, digits and dashes are needed`);
  return {
    json: values.json === true,
    save: values.save === true,
    as,
    runs: Math.max(1, numberOf('runs', bench.runs ?? USUAL_RUNS)),
    options,
  };
};

const runOnce = async <Options extends Readonly<Record<string, number>>>(
  bench: Bench<Options>,
  asked: Asked<Options>,
): Promise<Figures> => {
  // What it prints is for people; what it found comes on a channel of its own.
  const child = fork(process.argv[1] ?? '', {
    execArgv: [...process.execArgv, ...(bench.flags ?? [])],
    // What a run that failed leaves behind goes with the rest.
    env: { ...process.env, [RUN_DIR]: asked.dir, [RUN]: JSON.stringify(asked) },
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  let told: Figures | undefined;
  child.on('message', (message) => {
    told = message as Figures;
  });
  const [code, signal] = await once(child, 'exit');
  if (told === undefined || code !== 0) throw new Error(`a run of ${bench.name} ended without figures (${signal ?? `exit code ${code}`})`);
  return told;
};

const beRun = async <Options extends Readonly<Record<string, number>>>(
  bench: Bench<Options>,
  { options, dir, isPreparing }: Asked<Options>,
): Promise<void> => {
  const say = (text: string): boolean => process.stderr.write(`  ${bench.name}: ${text}\n`);
  const figures = isPreparing ? await bench.prepare?.(options, say, dir) : await bench.run(options, say, dir);
  await new Promise<void>((resolve, reject) => process.send?.(figures ?? {}, (error: Error | null) => (error ? reject(error) : resolve())));
  process.exit(0);
};
