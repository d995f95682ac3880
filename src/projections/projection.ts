import type { Recorded } from '../domain/kernel/recorded.ts';

/**
 * A view: a disposable fold of the log. Drop it and it is built again.
 * `evolve` may change the state it is given; state holds plain data only, so that it can be checkpointed and compared.
 */
export type Projection<S> = {
  readonly name: string;
  /** Raised by any change of meaning; a checkpoint of another version is not used. */
  readonly version: number;
  initial(): S;
  /** Total over the facts it names and indifferent to the rest; never rejects, for a fact is already a fact. */
  evolve(state: S, recorded: Recorded): void;
};
