import type { StoredFact } from '../domain/kernel/ports.ts';

/** Shares of the instances whose time is told. */
const MARKS = { first: 0, p95: 0.95, p99: 0.99, all: 1 } as const;

export type Marks = Readonly<Record<keyof typeof MARKS, number | undefined>>;

/** How a workload goes, counted from the facts as they come to be on disk and in the views. */
export type Course = {
  take(batch: readonly StoredFact[]): void;
  /** Starts of containers so far. */
  started(): number;
  /** Seconds from the beginning until so many of the instances ran at once; undefined of what has not come. */
  seconds(): Marks;
};

/**
 * @param wanted instances
 * @param comesAndGoes counts starts, where instances are not meant to run all at once
 * @param onEnded a deployment has ended
 */
export const courseOf = (
  wanted: number,
  comesAndGoes: boolean,
  now: () => number,
  onEnded: (deployment: string, outcome: string) => void,
): Course => {
  const begun = now();
  const marks: Record<keyof typeof MARKS, number | undefined> = { first: undefined, p95: undefined, p99: undefined, all: undefined };
  const left = (Object.keys(MARKS) as (keyof typeof MARKS)[]).map((mark) => ({ mark, at: Math.max(1, Math.ceil(wanted * MARKS[mark])) }));
  let started = 0;
  let ended = 0;
  return {
    take: (batch) => {
      for (const { type, data } of batch) {
        if (type.startsWith('ContainerStarted.')) started++;
        else if (type.startsWith('ContainerExited.') || type.startsWith('ContainerVanished.') || type.startsWith('InstanceLost.')) ended++;
        else if (type.startsWith('DeploymentEnded.')) {
          const { deployment, outcome } = JSON.parse(data) as { readonly deployment: string; readonly outcome: string };
          onEnded(deployment, outcome);
        }
      }
      const reached = comesAndGoes ? started : started - ended;
      while (left[0] !== undefined && reached >= left[0].at) marks[left.shift()?.mark ?? 'all'] = (now() - begun) / 1000;
    },
    started: () => started,
    seconds: () => marks,
  };
};
