/** Work in the order in which it came, at most so many pieces at once. */
export type Lane = {
  readonly active: number;
  readonly waiting: number;
  add(work: () => Promise<void>): void;
};

/** @param limit pieces of work under way at once */
export const laneOf = (limit: number): Lane => {
  let waiting: (() => Promise<void>)[] = [];
  let next = 0;
  let active = 0;
  const pump = (): void => {
    while (active < limit && next < waiting.length) {
      const work = waiting[next++] as () => Promise<void>;
      if (next === waiting.length) {
        waiting = [];
        next = 0;
      }
      active++;
      void work().finally(() => {
        active--;
        pump();
      });
    }
  };
  return {
    get active() {
      return active;
    },
    get waiting() {
      return waiting.length - next;
    },
    add: (work) => {
      waiting.push(work);
      pump();
    },
  };
};
