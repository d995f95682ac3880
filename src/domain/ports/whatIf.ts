import type { Instant, Millis } from '../kernel/units.ts';

export type PlacedInstance = {
  readonly instance: string;
  readonly app: string;
  /** Configuration version. */
  readonly version: string;
  readonly slot: number;
  readonly node: string;
  readonly at: Instant;
};

export type DeploymentOutcome = {
  readonly id: string;
  readonly app: string;
  readonly startedAt: Instant;
  /** Absent of one that had not ended. */
  readonly outcome?: 'succeeded' | 'failed' | 'cancelled';
  readonly reason?: string;
  readonly tookMs?: Millis;
};

/** Reserved of what the pool offers: shares 0 … 1, and the most that was reserved, in cpus or MiB. */
export type Usage = { readonly mean: number; readonly peak: number; readonly peakAmount: number };

export type Shortfalls = {
  /** `PlacementDeferred` facts. */
  readonly deferrals: number;
  /** Instances that found no place at first. */
  readonly instances: number;
  readonly mostAtOnce: number;
  /** Minutes in which some instance had no place. */
  readonly minutes: number;
  /** Deferrals by the filter that ruled nodes out. */
  readonly byReason: Readonly<Record<string, number>>;
  /** That had no place when the span ended. */
  readonly leftUnplaced: number;
};

/** What a span of facts made of a cluster. */
export type Measured = {
  /** The last placement of each instance that was placed. */
  readonly placements: readonly PlacedInstance[];
  readonly requested: number;
  /** Instance-minutes from when each might start to its placement; launch back-off apart. */
  readonly waitingMinutes: number;
  /** Instance-minutes from when each might start to where it was first fit to serve, or ended. */
  readonly unreadyMinutes: number;
  /** Launches that failed and ends that nobody asked for. */
  readonly failures: number;
  readonly deployments: readonly DeploymentOutcome[];
  readonly utilisation: { readonly cpus: Usage; readonly mem: Usage };
  readonly shortfalls: Shortfalls;
};

export type Moved = {
  readonly instance: string;
  readonly app: string;
  readonly slot: number;
  /** Absent where it was not placed at all. */
  readonly from?: string;
  readonly to?: string;
};

/** How well the replay of what was recorded, with nothing changed, comes out as what was recorded. */
export type Closeness = {
  readonly placements: number;
  readonly equal: number;
  /** `equal` of `placements`, 0 … 1; 1 where there was none. */
  readonly share: number;
  readonly deployments: { readonly recorded: number; readonly equal: number };
  readonly waitingMinutes: { readonly recorded: number; readonly replayed: number };
  /** Requests that could not be made again, by command: their bodies cannot be opened, or their facts do not show what they were. */
  readonly notReplayed: Readonly<Record<string, number>>;
  /** Requests that were accepted then and refused in the replay, or the other way round. */
  readonly otherwise: readonly OtherOutcome[];
};

export type OtherOutcome = {
  readonly request: string;
  readonly command: string;
  readonly subject: string;
  readonly was: 'accepted' | 'refused';
  readonly now: string;
};

export type Sums = Omit<Measured, 'placements' | 'deployments'>;

export type WhatIfReport = {
  readonly from: { readonly at: Instant; readonly position: number };
  readonly to: { readonly at: Instant; readonly position: number };
  /** What was changed, in words. */
  readonly changed: readonly string[];
  readonly requests: number;
  readonly hostEvents: number;
  readonly closeness: Closeness;
  readonly baseline: Sums;
  readonly whatIf: Sums;
  readonly placements: { readonly baseline: number; readonly whatIf: number; readonly moved: readonly Moved[] };
  readonly deployments: {
    /** Failed or were cancelled in the baseline and succeed. */
    readonly wouldSucceed: readonly DeploymentChange[];
    /** Succeeded in the baseline and do not. */
    readonly wouldFail: readonly DeploymentChange[];
    readonly slower: readonly DeploymentChange[];
    readonly faster: readonly DeploymentChange[];
  };
  /** Requests with another outcome than in the baseline replay. */
  readonly otherwise: readonly OtherOutcome[];
  /** What the replay had to assume, each with how often. */
  readonly assumed: Readonly<Record<string, number>>;
};

export type DeploymentChange = {
  readonly id: string;
  readonly app: string;
  readonly baseline: Pick<DeploymentOutcome, 'outcome' | 'tookMs' | 'reason'>;
  readonly whatIf: Pick<DeploymentOutcome, 'outcome' | 'tookMs' | 'reason'>;
};

/** Real time that it took, which is no part of what is compared. */
export type Speed = {
  readonly simulatedMs: Millis;
  readonly wallMs: Millis;
  /** Until the sandboxes stood at the beginning of the span, which is not counted in `wallMs`. */
  readonly startMs: Millis;
  /** `simulatedMs` of `wallMs`. */
  readonly times: number;
};

export type PlanMove = {
  readonly app: string;
  readonly slot: number;
  readonly instance: string;
  readonly from: string;
  /** Where the one that replaces it is; absent where it found no place, or none was asked for in time. */
  readonly to?: string;
  /** From the beginning of the plan to where it served there. */
  readonly afterMs?: Millis;
  /** Nodes that each filter ruled out, where it found no place. */
  readonly excluded?: Readonly<Record<string, number>>;
  /** Why nobody replaced it. */
  readonly because?: string;
};

export type PlanReport = {
  readonly what: string;
  readonly at: Instant;
  readonly position: number;
  readonly nodes: readonly string[];
  readonly moved: readonly PlanMove[];
  readonly unplaced: readonly PlanMove[];
  /** Until everything that could move had moved and served, by the clock of the sandbox. */
  readonly tookMs: Millis;
  /** Whether something still moved when the longest time that is simulated was over. */
  readonly isUnfinished: boolean;
  /** Apps with fewer ready instances than `minimumHealthCapacity` of what they want, the fewest there were. */
  readonly belowMinimum: readonly { readonly app: string; readonly minimum: number; readonly least: number; readonly wanted: number }[];
};

export type Place = { readonly position: number; readonly at: Instant };

export type WhatIfAsk = {
  readonly from: Place;
  readonly to: Place;
  readonly seed: number;
  /** Name of a strategy that the engine knows. */
  readonly strategy?: string;
  readonly weights?: { readonly spread?: number; readonly load?: number; readonly pack?: number };
  readonly without: readonly string[];
  readonly add: readonly { readonly id: string; readonly like: string }[];
};

export type PlanAsk = Place & {
  readonly what: 'drain' | 'lose';
  /** A node; of what is lost also `attribute=value`, `zone=…` or `region=…`. */
  readonly of: string;
  readonly isForGood: boolean;
  readonly seed: number;
};

/** Sandboxes on a past; each call starts its own and ends it. They reject with an Error for what makes no sense there. */
export type Sandboxes = {
  whatIf(
    ask: WhatIfAsk,
    onProgress: (phase: string, share: number) => void,
  ): Promise<{ readonly report: WhatIfReport; readonly speed: Speed }>;
  plan(ask: PlanAsk): Promise<PlanReport>;
};
