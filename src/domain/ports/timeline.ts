import type { StreamName } from '../kernel/ids.ts';
import type { Instant, Millis } from '../kernel/units.ts';

/** One stay of a stream in a state of its chart. */
export type Visit = {
  readonly state: string;
  readonly since: Instant;
  /** Up to its end, or to the end of the span where it lasts. */
  readonly ms: Millis;
  /** Whether it had not ended by then. */
  readonly lasts: boolean;
  /** The fact that it began with. */
  readonly type: string;
  readonly position: number;
  /** Position of the fact that ended it. */
  readonly endedAt?: number;
};

/** How long instances of an app stayed in a state. Counted are whole visits that ended in the span; those that last stand apart. */
export type Dwell = {
  readonly state: string;
  readonly count: number;
  /** Nearest rank over the counted visits; absent where there is none. */
  readonly p50?: Millis;
  readonly p95?: Millis;
  readonly max?: Millis;
  /** Visits that had not ended, and the longest of them so far. */
  readonly lasting: number;
  readonly longestLasting?: Millis;
};

export type InstanceTimeline = { readonly instance: string; readonly version: string; readonly visits: readonly Visit[] };

export type DeploymentTimeline = {
  readonly deployment: string;
  /** The chart that folds it, such as `rolling.v2`. */
  readonly strategy: string;
  readonly startedAt: Instant;
  /** Its last state: `succeeded`, `failed`, `cancelled`, or where it stands. */
  readonly state: string;
  readonly ms: Millis;
  readonly phases: readonly Visit[];
  /** The phase that all its visits together took longest in; absent of one that took no time. */
  readonly slowest?: { readonly state: string; readonly ms: Millis };
};

/** A step of a chart that was taken in the span and never before it in the app's history. */
export type NewPath = {
  readonly noun: string;
  /** The chart, of a deployment: each strategy has states of its own. */
  readonly chart?: string;
  /** Empty for the first fact of a stream. */
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly count: number;
  readonly first: { readonly stream: StreamName; readonly position: number; readonly at: Instant };
};

export type AppTimeline = {
  readonly app: string;
  readonly states: readonly Dwell[];
  /** The newest last; only as many as were asked for. */
  readonly instances: readonly InstanceTimeline[];
  readonly deployments: readonly DeploymentTimeline[];
  /** Absent where nothing of the app stands before the span: then all would be new. */
  readonly newPaths?: readonly NewPath[];
};

export type TimelineQuery = {
  /** Behind this position … */
  readonly after: number;
  /** … up to this one, … */
  readonly upTo: number;
  /** … at this instant: what lasts is counted up to it. */
  readonly at: Instant;
  /** Newest instances and deployments that are told one by one. */
  readonly instances: number;
  readonly deployments: number;
};

export type Timelines = {
  ofApp(app: string, query: TimelineQuery): AppTimeline;
  /** One instance, deployment, node or whatever else has a stream: its visits in the span. */
  ofStream(stream: StreamName, query: Pick<TimelineQuery, 'after' | 'upTo' | 'at'>): readonly Visit[];
  /** Apps that had a stream by then. */
  apps(upTo: number): readonly string[];
};
