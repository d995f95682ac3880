import type { EventStore } from '../../../../domain/ports/eventStore.ts';

/** Whether the store's head has moved since one last looked: nothing that comes while one reads goes unnoticed. */
export type Advances = {
  /** To be called before the store is read. */
  look(): void;
  /** Resolves when the head has moved since the last look, or when it is stopped. */
  next(): Promise<void>;
  stop(): void;
};

export const advancesOf = (store: EventStore): Advances => {
  let hasMoved = false;
  let wake = (): void => {};
  const moved = (): void => {
    hasMoved = true;
    wake();
  };
  const end = store.onAdvance(moved);
  return {
    look: () => {
      hasMoved = false;
    },
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (hasMoved) resolve();
      }),
    stop: () => {
      end();
      moved();
    },
  };
};
