import type { Instant } from '../kernel/units.ts';

/** Who leads, as the others see it. */
export type Leader = {
  /** Host and process, for people. */
  readonly holder: string;
  /** Where its API answers, such as `http://10.0.0.7:8080`. */
  readonly url: string;
  readonly since: Instant;
};

/** The time in which one engine leads. */
export type Reign = {
  /** Whether the lease still holds, by this machine's monotonic clock and less a margin. Asked before whatever is performed. */
  holds(): boolean;
  /** Resolves, with the reason, when it is over: it ran out, somebody else leads, or it was released. */
  readonly lost: Promise<string>;
  /** Gives it back, so that a successor need not wait. */
  release(): Promise<void>;
};

/** One of several engines on one store leads; the others stand by. */
export type Election = {
  /** undefined: nobody leads, as far as this engine knows. */
  leader(): Leader | undefined;
  onChange(listener: (leader: Leader | undefined) => void): () => void;
  /** Stands for election until it is won, or the candidacy is withdrawn (then undefined). */
  campaign(candidate: Omit<Leader, 'since'>, withdrawn: AbortSignal): Promise<Reign | undefined>;
  close(): Promise<void>;
};
