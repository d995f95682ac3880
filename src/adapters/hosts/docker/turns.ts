import type { Clock } from '../../../domain/kernel/ports.ts';
import type { Millis } from '../../../domain/kernel/units.ts';
import { DeadlinePassed } from './faults.ts';

/**
 * Bounds how much one engine starts at a time: beyond some starts per core more concurrency only adds latency to each.
 * First come, first served.
 */
export type Turns = {
  /** Changes how many there are; the engine tells its cores only once it has been asked. */
  resize(size: number): void;
  /** Runs `work` once `weight` turns are free. Rejects with DeadlinePassed when that takes longer than `patience`. */
  take<A>(weight: number, patience: Millis, work: () => Promise<A>): Promise<A>;
};

type Waiting = { readonly weight: number; readonly go: () => void };

export const turnsOf = (clock: Clock, initial: number): Turns => {
  let size = initial;
  let taken = 0;
  const queue: Waiting[] = [];

  const admit = (): void => {
    for (let next = queue[0]; next !== undefined && taken + Math.min(next.weight, size) <= size; next = queue[0]) {
      queue.shift();
      next.go();
    }
  };

  const turn = (weight: number, patience: Millis): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const waiting: Waiting = {
        weight,
        go: () => {
          cancel();
          const held = Math.min(weight, size);
          taken += held;
          resolve(() => {
            taken -= held;
            admit();
          });
        },
      };
      const cancel = clock.schedule(patience, () => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(new DeadlinePassed(`waited ${patience} ms for a turn to start`));
        admit();
      });
      queue.push(waiting);
      admit();
    });

  return {
    resize: (next) => {
      size = Math.max(1, next);
      admit();
    },
    take: async (weight, patience, work) => {
      const release = await turn(weight, patience);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
};
