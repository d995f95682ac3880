import { Worker } from 'node:worker_threads';
import type { Report } from './explorer/explore.ts';
import type { Checked, CheckStrategy } from './strategyFiles.ts';

/** Explores a strategy before it is registered, on a thread of its own; some seconds. */
export const exploreStrategy: CheckStrategy = ({ source, spec }) =>
  new Promise<Checked>((resolve) => {
    const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './exploring.ts' : './exploring.js', import.meta.url), {
      workerData: { source, id: spec.id },
    });
    const fail = (why: string): void => resolve({ problems: [`it could not be explored: ${why}`] });
    worker.once('message', (report: Report) => resolve(checkedBy(report)));
    worker.once('error', (error) => fail(error instanceof Error ? error.message : String(error)));
    worker.once('exit', () => fail('the explorer ended without a word'));
  });

const checkedBy = ({ verdict, instances, faults, states, says, violation }: Report): Checked => {
  const explored = { instances, faults, states };
  return verdict === 'passes' ? { explored } : { problems: [says, ...(violation?.story ?? [])] };
};
