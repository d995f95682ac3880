import { stat } from 'node:fs/promises';
import type { Io } from '../adapters/cli/io.ts';
import type { Workload } from '../adapters/hosts/simulated/cluster/description.ts';
import type { Server } from '../main.ts';
import { courseOf } from './course.ts';
import { runningOf, showLive } from './live.ts';
import { cpuNow, type WorkloadReport } from './report.ts';
import { isSubmittedIn, submitWorkload } from './workload.ts';

const LOOK_MS = 200;
/** Reasons why not all ran that are told, at most. */
const REASONS_MAX = 5;

type Surroundings = {
  readonly seed: number;
  readonly io: Io;
  readonly json: boolean;
  /** Without a start or an end of a deployment for so long it is given up. */
  readonly patienceMs: number;
  readonly interrupted: AbortSignal;
  readonly logFile: string;
  readonly befallen: () => Readonly<Record<string, number>>;
  readonly opened: (() => Promise<void>)[];
};

/** Submits the workload and follows it until every deployment has ended, or nothing moves any more. */
export const runWorkload = async (
  { engine, log }: Server,
  workload: Workload,
  { seed, io, json, patienceMs, interrupted, logFile, befallen, opened }: Surroundings,
): Promise<WorkloadReport | undefined> => {
  if (isSubmittedIn(engine)) {
    if (!json) io.out('the workload was submitted here before, and is not again\n');
    return undefined;
  }
  const { apps, instances } = workload;
  const wanted = apps * instances;
  const comesAndGoes = workload.arrivals !== undefined;
  const before = { facts: log.head(), bytes: await logBytes(logFile), cpu: cpuNow(), log: log.stats() };
  const because = new Set<string>();
  const deploying = new Map<string, string>();
  let succeeded = 0;
  let movedAt = performance.now();
  const moved = (): void => {
    movedAt = performance.now();
  };
  const course = courseOf(
    wanted,
    comesAndGoes,
    () => performance.now(),
    (deployment, outcome) => {
      const app = deploying.get(deployment);
      if (app === undefined) return;
      deploying.delete(deployment);
      moved();
      if (outcome === 'succeeded') {
        succeeded++;
        submission.ran(app);
      } else because.add(`${app}: its deployment ${outcome}`);
    },
  );
  const following = await log.subscribe(log.head(), course.take);
  const submission = submitWorkload(engine, workload, seed, {
    onDeploying: (deployment, app) => {
      deploying.set(deployment, app);
      moved();
    },
    onRefused: (app, why) => {
      because.add(`${app}: ${why}`);
      for (const [deployment, asked] of deploying) if (asked === app) deploying.delete(deployment);
    },
  });
  opened.push(async () => submission.stop());
  let isSubmitted = false;
  void submission.done.then(() => {
    isSubmitted = true;
  });
  const live = json ? undefined : showLive(io, engine, { wanted, started: course.started });

  await new Promise<void>((resolve) => {
    let started = 0;
    const look = (): void => {
      if (course.started() !== started) moved();
      started = course.started();
      // Between two arrivals nothing has to move.
      if (deploying.size === 0 && !isSubmitted) moved();
      const isOver = isSubmitted && deploying.size === 0;
      const isStuck = performance.now() - movedAt > patienceMs;
      if (isStuck) because.add(`nothing moved for ${patienceMs / 1000} s, with ${deploying.size} deployments under way`);
      if (!isOver && !isStuck && !interrupted.aborted) return;
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(look, LOOK_MS);
  });
  const cpu = cpuNow();
  const after = log.stats();
  const facts = log.head() - before.facts;
  live?.end();
  await following.close();
  if (interrupted.aborted) because.add('interrupted');

  const seconds = course.seconds();
  const running = runningOf(engine.views);
  const mainThread = cpu.mainThread - before.cpu.mainThread;
  return {
    apps,
    instances: wanted,
    running,
    started: course.started(),
    allRan: succeeded === apps,
    because: [...because].slice(0, REASONS_MAX),
    seconds,
    instancesPerSecond: seconds.all === undefined ? 0 : wanted / seconds.all,
    facts,
    factsPerInstance: facts / wanted,
    bytesPerInstance: ((await logBytes(logFile)) - before.bytes) / wanted,
    fsyncs: after.commits - before.log.commits,
    cpuSeconds: {
      process: cpu.process - before.cpu.process,
      mainThread,
      logThread: (after.logThreadCpuMicros - before.log.logThreadCpuMicros) / 1e6,
    },
    mainMicrosPerInstance: (mainThread * 1e6) / wanted,
    faults: befallen(),
  };
};

/** The log with what is on disk beside it. */
const logBytes = async (file: string): Promise<number> => {
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};
