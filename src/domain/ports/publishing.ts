import type { Instant } from '../kernel/units.ts';

/** How far the log has been carried, and to where. */
export type Published = {
  /** Every fact up to here was acknowledged. */
  readonly position: number;
  /** The chain's hash there, in hex: whether it is still the same log. Absent at position 0. */
  readonly hash?: string;
  /** Id of the cluster that acknowledged. */
  readonly cluster: string;
  /** What the topics' names began with. */
  readonly prefix: string;
  /** The present state was told up to here too. */
  readonly state?: boolean;
};

/** Keeps how far the log has been carried, as durably as whoever goes on from it needs. */
export type PublishedStore = {
  /** @returns undefined where nothing was kept yet. @throws Error where that can't be found out */
  load(): Promise<Published | undefined>;
  /** Resolves when it is kept. @throws Error where it is not */
  save(published: Published): Promise<void>;
};

/** What there is to say of a publisher at a moment. */
export type PublisherStatus = {
  readonly brokers: readonly string[];
  readonly prefix: string;
  /** Id of the cluster that it is connected to; null while it is not. */
  readonly cluster: string | null;
  /** Up to which all was acknowledged. */
  readonly position: number;
  /** Of the log, when this was said. */
  readonly head: number;
  /** Facts that were not acknowledged yet. */
  readonly lagFacts: number;
  /** Age of the oldest of them, seconds; 0 where there is none. */
  readonly lagSeconds: number;
  /** Since the engine started: facts that were acknowledged, those of them that went without their data, and attempts that failed. */
  readonly published: number;
  readonly byReference: number;
  readonly errors: number;
  /** What keeps it from going on; null while nothing does. */
  readonly trouble: { readonly at: Instant; readonly text: string } | null;
};
