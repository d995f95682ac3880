import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Projection } from './projection.ts';

export type Running<S> = { readonly state: S; readonly projection: Projection<S> };

/** How far a runner has come. */
export type Reached = {
  readonly position: number;
  /** The highest leader's term so far. */
  readonly term: number;
};

/** Folds batches into several views at once, each fact once: whatever is not newer than the position is skipped. */
export type Runner = {
  /** @param state what the view holds at the position from which the runner goes on */
  add<S>(projection: Projection<S>, state?: S): S;
  /** @param onBroken told of a fact that a view cannot take, which is then skipped; without it that is thrown. */
  take(batch: readonly Recorded[], onBroken?: (recorded: Recorded, error: unknown) => void): void;
  position(): number;
  reached(): Reached;
};

export const createRunner = (from: Reached = { position: 0, term: 0 }): Runner => {
  const running: Running<unknown>[] = [];
  let position = from.position;
  let highestTerm = from.term;
  return {
    add: <S>(projection: Projection<S>, state: S = projection.initial()): S => {
      running.push({ state, projection: projection as Projection<unknown> });
      return state;
    },
    take: (batch, onBroken) => {
      for (const recorded of batch) {
        if (recorded.position <= position) continue;
        position = recorded.position;
        // Written by a leader that had been succeeded: void.
        if (recorded.meta.term < highestTerm) continue;
        highestTerm = recorded.meta.term;
        try {
          for (const { state, projection } of running) projection.evolve(state, recorded);
        } catch (error) {
          if (onBroken === undefined) throw error;
          onBroken(recorded, error);
        }
      }
    },
    position: () => position,
    reached: () => ({ position, term: highestTerm }),
  };
};
