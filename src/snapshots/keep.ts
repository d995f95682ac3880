import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Millis } from '../domain/kernel/units.ts';
import { UNFINISHED } from './snapshotFile.ts';
import type { SnapshotAnswer } from './snapshotProcess.ts';
import type { SnapshotPlaces } from './take.ts';

/** Facts behind the last snapshot from which on another is due: an engine folds so many in less than a second. */
export const SNAPSHOT_FACTS = 100_000;
/** The engine's own first seconds come before its first snapshot, ms. */
export const FIRST_AFTER_MS: Millis = 10_000;
/** Between the end of one and the beginning of the next, ms: however much happens, the machine is not busy with snapshots. */
export const SNAPSHOT_REST_MS: Millis = 60_000;
/** Memory that taking one may use, MiB: one of 400,000 instances uses half. */
export const SNAPSHOT_HEAP_MIB = 3_072;
/** Between two looks at whether one is due, ms. */
const LOOK_MS: Millis = 1_000;

/** Where the snapshot of a log in this directory stands. */
export const snapshotIn = (dataDir: string): string => join(dataDir, 'snapshots', 'views.snapshot');

export type KeepingOptions = SnapshotPlaces & {
  /** Position up to which the last one was made, 0 where there is none. */
  readonly from: number;
  readonly head: () => number;
  readonly clock: Clock;
  readonly everyFacts?: number;
  readonly firstAfterMs?: Millis;
  readonly restMs?: Millis;
  readonly onTrouble: (text: string) => void;
  readonly onTaken?: (taken: Extract<SnapshotAnswer, { _tag: 'Taken' }>) => void;
};

/** Has snapshots taken as the log grows, each by a process of its own. */
export const keepSnapshots = (options: KeepingOptions): { close(): Promise<void> } => {
  const { file, snapshot, head, clock, onTrouble, everyFacts = SNAPSHOT_FACTS, restMs = SNAPSHOT_REST_MS } = options;
  forgetUnfinished(snapshot);
  let last = options.from;
  let running: { readonly child: ChildProcess; readonly ended: Promise<void> } | undefined;
  let isClosed = false;

  const take = (): void => {
    const child = startProcess({ file, snapshot });
    let answer: SnapshotAnswer | undefined;
    child.on('message', (message) => {
      answer = message as SnapshotAnswer;
    });
    const ended = new Promise<void>((resolve) => {
      const end = (why: string): void => {
        running = undefined;
        if (answer?._tag === 'Taken') {
          last = answer.position;
          options.onTaken?.(answer);
        } else if (!isClosed) onTrouble(`no snapshot was taken: ${answer?.why ?? why}`);
        if (!isClosed) cancel = clock.schedule(restMs, look);
        resolve();
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(`its process ended (${signal ?? `exit code ${code}`})`));
    });
    running = { child, ended };
  };
  const look = (): void => {
    if (head() - last >= everyFacts) take();
    else cancel = clock.schedule(LOOK_MS, look);
  };
  let cancel = clock.schedule(options.firstAfterMs ?? FIRST_AFTER_MS, look);
  return {
    close: async () => {
      isClosed = true;
      cancel();
      running?.child.kill('SIGKILL');
      await running?.ended;
    },
  };
};

const startProcess = ({ file, snapshot }: SnapshotPlaces): ChildProcess =>
  fork(new URL(`./snapshotProcess${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), [file, snapshot], {
    execArgv: [`--max-old-space-size=${SNAPSHOT_HEAP_MIB}`, '--max-semi-space-size=16', '--disable-warning=ExperimentalWarning'],
    // It needs nothing that the engine was told.
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });

/** What a process that was killed had begun. */
const forgetUnfinished = (snapshot: string): void => {
  const folder = dirname(snapshot);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder))
    if (name.startsWith(`${basename(snapshot)}.`) && name.endsWith(UNFINISHED)) rmSync(join(folder, name), { force: true });
};
