import type { Principal, StreamName, Uuid } from './ids.ts';
import type { Instant } from './units.ts';

/** What happened: past tense, subject first. The fields are the fact's own data; when and by whom stand in the metadata. */
export type Fact = { readonly type: string };

/** What is known about a fact besides its own data. Hashed with it. */
export type Metadata = {
  /** The request (or timer, or host report) that everything since goes back to; EventStoreDB's `$correlationId`. */
  readonly correlationId: Uuid;
  /** The fact or command that led to this one; EventStoreDB's `$causationId`. */
  readonly causationId: Uuid;
  readonly by: Principal;
  /** max(now, the stream's last `at`), given by the leader. */
  readonly at: Instant;
  /** Which leader wrote it; a fact behind `LeaseTaken` of a higher term is void. */
  readonly term: number;
  /** The chart's value after this fact. */
  readonly state: string;
  /** The kinds of effect owed after this fact, comma separated; empty when at rest. */
  readonly owes: string;
  /** The earliest due time of a timer of the state after this fact. */
  readonly due?: Instant;
  /** `chart@version` that folds the stream; on its first fact only. */
  readonly chart?: string;
  /** W3C Trace Context. */
  readonly traceparent?: string;
};

/** A fact with its metadata, ready to be appended. Not durable: nothing may act on it. */
export type Proposed<F extends Fact = Fact> = { readonly id: Uuid; readonly fact: F; readonly meta: Metadata };

declare const minted: unique symbol;

/** A fact that is durable. Only an `EventLog` adapter mints one, and everything that starts an effect asks for one. */
export type Recorded<F extends Fact = Fact> = Proposed<F> & {
  readonly stream: StreamName;
  /** Place in the stream, from 0. */
  readonly revision: number;
  /** Place in the whole log, from 1; strictly increasing, perhaps with gaps. */
  readonly position: number;
  readonly [minted]: true;
};
