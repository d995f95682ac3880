import { parentPort, workerData } from 'node:worker_threads';
import { composeStrategy } from './domain/deployment/kit/compose.ts';
import { explore, type Report } from './explorer/explore.ts';
import { readStrategy } from './strategyFiles.ts';

/* A thread of its own: an engine that leads has other things to do than to count states. */

/** Instances and faults, the most first: what can't be exhausted with these is tried with fewer, and the fact says how many it were. */
const BOUNDS = [
  { instances: 2, faults: 1 },
  { instances: 1, faults: 1 },
  { instances: 1, faults: 0 },
] as const;
const STATES_MAX = 200_000;

const { source, id } = workerData as { readonly source: string; readonly id: string };
const chart = composeStrategy(readStrategy(source, id));
let report: Report | undefined;
for (const bounds of BOUNDS) {
  report = explore(chart as never, { ...bounds, statesMax: STATES_MAX });
  if (report.verdict !== 'not exhausted') break;
}
parentPort?.postMessage(report);
