import type { EventLog, StoredFact } from '../../src/domain/kernel/ports.ts';
import type { Figures } from './spread.ts';

const TENTHS = 10;

export type Launches = {
  /** Every instance has started and every deployment has ended, all of it on disk and in the views. */
  readonly done: Promise<void>;
  /** Seconds from the beginning of the watch, and instances a second. */
  figures(): Figures;
  close(): Promise<void>;
};

/**
 * Follows a log, behind the views, until so many instances have started and so many deployments have ended.
 * @param say hears of each tenth
 */
export const watchLaunches = async (
  log: Pick<EventLog, 'head' | 'subscribe'>,
  expected: { readonly instances: number; readonly deployments: number },
  say: (text: string) => void,
): Promise<Launches> => {
  /** Of each delivery that told of starts: when, and how many had started by then. */
  const seen: { readonly at: number; readonly started: number }[] = [];
  let [started, ended, tenth] = [0, 0, 1];
  const done = Promise.withResolvers<void>();
  const begun = performance.now();
  const take = (batch: readonly StoredFact[]): void => {
    const before = started;
    for (const { type } of batch) {
      if (type.startsWith('ContainerStarted.')) started++;
      else if (type.startsWith('DeploymentEnded.')) ended++;
    }
    // Facts are delivered once they are on disk, to the engine's views first.
    const at = (performance.now() - begun) / 1000;
    if (started > before) seen.push({ at, started });
    if (started >= (expected.instances * tenth) / TENTHS) {
      say(`${started} of ${expected.instances} run after ${at.toFixed(1)} s`);
      tenth = Math.floor((started / expected.instances) * TENTHS) + 1;
    }
    if (started >= expected.instances && ended >= expected.deployments) done.resolve();
  };
  const subscription = await log.subscribe(log.head(), take);
  /** When so many were seen to run, s. */
  const at = (count: number): number => seen.find(({ started }) => started >= count)?.at ?? Number.NaN;
  /** As `at`, as if what is delivered together had started evenly since the delivery before, s. */
  const evenly = (count: number): number => {
    const nth = seen.findIndex(({ started }) => started >= count);
    const [from, to] = [seen[nth - 1] ?? { at: 0, started: 0 }, seen[nth] ?? { at: Number.NaN, started: 0 }];
    return from.at + ((to.at - from.at) * (count - from.started)) / (to.started - from.started);
  };
  return {
    done: done.promise,
    close: subscription.close,
    figures: () => {
      const { instances } = expected;
      const ends = Array.from({ length: TENTHS + 1 }, (_, nth) => (nth === 0 ? 0 : evenly(Math.round((instances * nth) / TENTHS))));
      const rateByTenth = ends.slice(1).map((end, nth) => Math.round(instances / TENTHS / (end - (ends[nth] ?? 0))));
      return {
        runningSeconds: { first: at(1), p95: at(Math.ceil(instances * 0.95)), p99: at(Math.ceil(instances * 0.99)), all: at(instances) },
        instancesPerSecond: instances / at(instances),
        rateByTenth,
        lastToFirstTenth: (rateByTenth.at(-1) ?? Number.NaN) / (rateByTenth[0] ?? Number.NaN),
      };
    },
  };
};
