import type { FieldChange } from '../app/definition/change.ts';
import type { Principal, StreamName, Uuid } from '../kernel/ids.ts';
import type { Instant } from '../kernel/units.ts';

/** The fact that says so, with who led to it. */
export type Mark = {
  readonly position: number;
  readonly at: Instant;
  readonly stream: StreamName;
  readonly type: string;
  readonly by: Principal;
  /** The recorded request that it goes back to; absent of what a host told or the engine did of its own. */
  readonly request?: Uuid;
};

export type DifferenceQuery = {
  /** Facts behind this position … */
  readonly from: number;
  /** … up to this one. */
  readonly to: number;
  readonly app?: string;
  /** With all that is below it. */
  readonly group?: string;
  /** Only these kinds; all when empty. */
  readonly kinds: readonly DifferenceKind[];
};

export type DifferenceKind = 'apps' | 'groups' | 'nodes' | 'instances' | 'deployments' | 'plans' | 'strategies';

/** What became of something between two moments; `and back`: there were changes, and nothing is left of them. */
export type Become = 'created' | 'changed' | 'removed' | 'replaced' | 'changed and back' | 'came and went';

export type AppDifference = {
  readonly app: string;
  readonly became: Become;
  /** Fields of the definition that differ, sealed values masked, each with the fact that changed it last. */
  readonly fields: readonly (FieldChange & { readonly mark?: Mark })[];
  /** Sealed values that differ, by their paths; what they are is told to nobody here. */
  readonly sealed: readonly string[];
  readonly instances: { readonly from: number; readonly to: number };
  /** In order; the newest of those with a version of the app say why. */
  readonly facts: readonly (Mark & { readonly version?: string; readonly reason?: string })[];
};

export type GroupDifference = {
  readonly group: string;
  readonly became: Become;
  readonly fields: readonly FieldChange[];
  readonly facts: readonly Mark[];
};

export type NodeDifference = {
  readonly node: string;
  readonly became: Become;
  /** Absent where it was not in the pool. */
  readonly from?: string;
  readonly to?: string;
  readonly fields: readonly FieldChange[];
  readonly facts: readonly (Mark & { readonly reason?: string })[];
};

export type InstancesDifference = {
  readonly app: string;
  /** Not ended, whatever their state. */
  readonly live: { readonly from: number; readonly to: number };
  readonly requested: number;
  readonly started: number;
  readonly ended: number;
  /** How often which end: `ContainerExited (code 1)`, `stopped: surplus`. */
  readonly byCause: Readonly<Record<string, number>>;
  readonly first: Mark;
  readonly last: Mark;
};

export type DeploymentDifference = {
  readonly deployment: string;
  readonly app: string;
  readonly strategy?: string;
  readonly partOf?: string;
  readonly began?: Mark;
  readonly ended?: Mark & { readonly outcome: string; readonly reason?: string };
};

export type PlanDifference = {
  readonly plan: string;
  readonly group?: string;
  readonly began?: Mark;
  readonly ended?: Mark & { readonly outcome: string };
};

export type StrategyDifference = { readonly strategy: string; readonly sha256: string; readonly mark: Mark };

export type Difference = {
  readonly from: Moment;
  readonly to: Moment;
  readonly apps?: readonly AppDifference[];
  readonly groups?: readonly GroupDifference[];
  readonly nodes?: readonly NodeDifference[];
  readonly instances?: readonly InstancesDifference[];
  readonly deployments?: readonly DeploymentDifference[];
  readonly plans?: readonly PlanDifference[];
  readonly strategies?: readonly StrategyDifference[];
};
/** `at` is of the last fact up to there; absent before the first. */
type Moment = { readonly position: number; readonly at?: Instant };

export type Differences = { between(query: DifferenceQuery): Difference };
