import type { Sha256 } from '../kernel/chain.ts';
import type { StreamName } from '../kernel/ids.ts';
import type { StoredFact } from '../kernel/ports.ts';
import type { Recorded } from '../kernel/recorded.ts';
import type { ChainedFact } from '../proof/chained.ts';
import type { Witnessed } from '../proof/witnessed.ts';
import type { Views } from './views.ts';

/** A log with its hashes, as whoever verifies it reads it. */
export type ChainedLog = {
  /** The hash of the first fact, in hex; undefined for an empty log. */
  identity(): string | undefined;
  head(): number;
  /** Facts that stand in archives which can't be reached; none where absent. */
  elsewhere?(): number;
  /** Why archives are not what was recorded. */
  damagedArchives?(): readonly string[];
  /** Facts with `after` < position ≤ `upTo`, in order. @throws Error where it cannot be read on */
  facts(after: number, upTo: number): Iterable<ChainedFact>;
};

/** What somebody else holds of the views, to be compared with what the facts fold to. */
export type HeldViews = {
  /** Who holds it, for people: `the live engine`, `the checkpoint at 12000`. */
  readonly holder: string;
  readonly position: number;
  views(): Views;
};

export type VerifySources = {
  readonly log: ChainedLog;
  readonly sha256: Sha256;
  /** @throws Error for a fact that nobody can read */
  decode(stored: StoredFact): Recorded;
  /** Learns the strategies that a fact registers, before a stream is folded by one. */
  learn?(recorded: Recorded): void;
  /** What witnesses kept, each by its name; nobody is asked where absent. */
  witnesses?(): readonly { readonly name: string; readonly witnessed: Witnessed }[];
  /** Views held elsewhere up to a position, in any order: the live ones, checkpoints. Views are folded only where there are some. */
  checkpointsOf?(head: number): readonly HeldViews[];
};

export type HistoryFault = {
  /**
   * Of the chains: changed, missing, gap, unreadable. Of the fold: form (nobody can read the fact), chart (there is no such chart),
   * unexplained (the chart takes no such fact there), state, owes, due (the chart says otherwise). Of leaders: void (written behind a
   * successor), term (no leader took it). Of views: view. Of checkpoints: root, cut (the log ends before it), log (of another log),
   * witness (a line of a witness does not hold). Of archives: archive (a file is not what was recorded).
   */
  readonly kind:
    | 'changed'
    | 'missing'
    | 'gap'
    | 'unreadable'
    | 'form'
    | 'chart'
    | 'unexplained'
    | 'state'
    | 'owes'
    | 'due'
    | 'void'
    | 'term'
    | 'view'
    | 'root'
    | 'cut'
    | 'log'
    | 'witness'
    | 'archive';
  /** Empty where no single stream is meant. */
  readonly stream: StreamName;
  /** -1 where no single fact is meant. */
  readonly revision: number;
  readonly position: number;
  readonly detail: string;
};

export type VerifyProgress = { readonly position: number; readonly head: number; readonly faultCount: number };

export type VerifyReport = {
  readonly facts: number;
  readonly streams: number;
  /** Streams that have ended: nothing may follow in them. */
  readonly ended: number;
  /** Position of the last fact that was looked at. */
  readonly head: number;
  /** Which log: the hash of its first fact. */
  readonly log?: string;
  /** Facts that were not looked at, since their archive can't be reached. */
  readonly elsewhere: number;
  /** Facts that a succeeded leader wrote. */
  readonly void: number;
  /** Checkpoints whose root was computed again. */
  readonly checkpoints: number;
  /** The last position that a checkpoint covers; whatever was cut off behind it cannot be missed. 0 without checkpoints. */
  readonly witnessedUpTo: number;
  /** Who else's views were compared. */
  readonly viewsOf: readonly string[];
  /** The first hundred. */
  readonly faults: readonly HistoryFault[];
  readonly faultCount: number;
};

export type VerifyOptions = {
  /** Whether views are folded too, where there are others to compare them with: more memory than an engine's own. Where nothing is said they are folded of a log that is not long. */
  readonly views?: boolean;
};

/** Verifies in steps: each yields how far it is, so that whoever runs it may let others in. */
export type Verify = (options?: VerifyOptions) => Generator<VerifyProgress, VerifyReport>;
