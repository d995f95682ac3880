import type { SlotsByVersion, Target } from '../app/app.facts.ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import type { Tallies, Weights } from '../deployment/deployment.facts.ts';
import type { DeploymentPolicy } from '../deployment/policy.facts.ts';
import type { GroupNode, Member, MemberChange, PlanStep } from '../group/group.facts.ts';
import type { Gang } from '../instance/instance.facts.ts';
import type { Instant } from '../kernel/units.ts';
import type { NamedTask } from '../network/mesosDns.ts';
import type { NodeOffer, RuntimeEndpoint } from '../node/node.facts.ts';
import type { Oversubscription } from '../node/oversubscription.facts.ts';
import type { RoleAmounts } from '../role/role.facts.ts';
import type { StrategyRegistration } from '../strategy/strategy.facts.ts';
import type { Exit } from './hosts.ts';

/* Rows of the read models, as those who ask see them. All of it comes from recorded facts. */

export type InstanceRow = {
  readonly id: string;
  readonly app: string;
  /** Configuration version. */
  readonly version: string;
  readonly slot: number;
  readonly attempt: number;
  readonly owner: string;
  readonly gated: boolean;
  /** Whom it was to be placed with. */
  readonly gang?: Gang;
  /** The chart's value, such as `running.checked.ready`. */
  readonly state: string;
  /** When it came to stand there. */
  readonly since: Instant;
  readonly revision: number;
  readonly node?: string;
  readonly hostPorts: readonly number[];
  readonly containerId?: string;
  /** Of a pod that has started: its containers, and how each ended. */
  readonly containers?: readonly ContainerRow[];
  readonly ipAddresses: readonly string[];
  readonly requestedAt: Instant;
  /** When a waiting one may go on. */
  readonly notBefore?: Instant;
  readonly placedAt?: Instant;
  readonly startedAt?: Instant;
  readonly readyAt?: Instant;
  readonly endedAt?: Instant;
  readonly exit?: Exit;
  /** Why it never started, or how it failed. */
  readonly failure?: { readonly type: string; readonly message: string };
  readonly stopReason?: string;
  readonly unhealthy?: { readonly probe: string; readonly failures: number; readonly cause: string };
  /** Where a place is held for it until these have left. */
  readonly nominated?: { readonly node: string; readonly victims: readonly string[] };
  readonly deferred?: {
    readonly considered: number;
    readonly excluded: Readonly<Record<string, number>>;
    readonly gang?: { readonly size: number; readonly fits: number };
    readonly at: Instant;
  };
};

/** `id` is empty of a container that was not created yet when its pod was reported. */
export type ContainerRow = { readonly name: string; readonly id: string; readonly exit?: Exit };

/**
 * Failures of launches of one configuration version; the launch delay follows from it and the definition. They are counted by the round:
 * one that had been asked for before the round began tells nothing new.
 */
export type LaunchFailures = { readonly count: number; readonly lastAt: Instant /** Of the newest round. */; readonly roundAt: Instant };

/** Instances of one version of an app that hold their place on a node. */
export type Holding = { readonly app: string; readonly version: string; readonly instances: number; readonly ports: readonly number[] };

/** Slots by their number, those that somebody holds, in order. */
export type SlotsHeld = Iterable<readonly [slot: number, count: number]> & {
  has(slot: number): boolean;
  /** The lowest slot that nobody holds. */
  readonly firstFree: number;
};

export type InstancesView = {
  get(id: string): InstanceRow | undefined;
  /** Instances of an app that have not ended, in the order of their requests. */
  ofApp(app: string): readonly InstanceRow[];
  /** Ended ones of an app that are still kept, newest last; at most ENDED_KEPT_PER_APP. */
  endedOf(app: string): readonly InstanceRow[];
  onNode(node: string): readonly InstanceRow[];
  all(): Iterable<InstanceRow>;
  /** Those that have not ended, in the order of their requests. */
  live(): Iterable<InstanceRow>;
  tallies(app: string): Tallies;
  /** How many instances that have not ended stand in each state, by version and state. */
  statesOf(app: string): ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Slots of a version that live instances hold, with how many hold each. */
  slotsOf(app: string, version: string): SlotsHeld;
  /** What instances hold on each node, by app and version: resources of their definition, and ports. */
  holdings(): ReadonlyMap<string, readonly Holding[]>;
  /** Instances of an app that are given up but not known to have ended. */
  forsaken(app: string): number;
  failures(app: string, version: string): LaunchFailures | undefined;
  /** Attempts ever made in a slot of a version. */
  attempts(app: string, version: string, slot: number): number;
};

export type AppVersionRow = {
  readonly version: string;
  readonly configVersion: string;
  readonly at: Instant;
  readonly definition: AppDefinition;
  readonly reason: string;
};

export type AppRow = {
  readonly id: string;
  readonly target: Target;
  readonly definition: AppDefinition;
  /** The deployment that holds the lock. */
  readonly deployment?: string;
  /** That deployment is part of a plan which has not come to this app. */
  readonly held?: boolean;
  /** The last one that held it, or holds it. */
  readonly lastDeployment?: string;
  readonly slots: SlotsByVersion;
  /** Oldest first. */
  readonly versions: readonly AppVersionRow[];
  readonly lastScalingAt: Instant;
  readonly lastConfigChangeAt: Instant;
  /** The last decision of its own policy, and when it last asked for more. */
  readonly autoscaled?: {
    readonly from: number;
    readonly to: number;
    readonly because: string;
    readonly at: Instant;
    readonly upAt?: Instant;
  };
};

export type AppsView = {
  get(id: string): AppRow | undefined;
  all(): Iterable<AppRow>;
  /** Those that are to run on every node. */
  perNode(): Iterable<string>;
  /** The newest definition of a configuration version, which its instances follow; also of one of the newest GONE_LIVES_KEPT apps that are gone. */
  definition(app: string, version: string): AppDefinition | undefined;
  /** Apps as they were at a version of the tree, an ISO 8601 instant; those that are gone by now included, as far as `knownFrom` says. */
  at(version: string): readonly AppVersionOf[];
  /** From which version on `at` knows all apps that were below a group; '' where it always does. Older ones are in the log. */
  knownFrom(group: string): string;
  /** Versions of apps below a group at which one came, changed or went, in no order. */
  versionsBelow(group: string): readonly string[];
  /** One version of an app, also of one of the newest GONE_LIVES_KEPT that are gone. */
  versionOf(app: string, version: string): AppVersionRow | undefined;
};

export type AppVersionOf = AppVersionRow & { readonly app: string };

/** The tree of groups, the root apart. */
export type GroupsView = {
  /** Version of its last change; '' before the first. */
  version(): string;
  get(id: string): GroupNode | undefined;
  all(): Iterable<GroupNode>;
  /** A taken id, with the version at which it was taken. */
  member(id: string): (Member & { readonly claim: string }) | undefined;
  members(): Iterable<Member & { readonly claim: string }>;
  /** Versions at which groups themselves changed, oldest first. */
  versions(): readonly string[];
  /** Groups as they were at a version. */
  at(version: string): readonly GroupNode[];
};

/** The deployment of a group. What it moves of each app is a deployment of its own. */
export type PlanRow = {
  readonly id: string;
  readonly group: string;
  readonly version: string;
  /** The version as an instant. */
  readonly at: Instant;
  readonly force: boolean;
  readonly steps: readonly PlanStep[];
  /** The step that is under way, from 0. */
  readonly step: number;
  readonly state: string;
  readonly changes: readonly MemberChange[];
  /** The plan that took over from it. */
  readonly supersededBy?: string;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly outcome?: 'succeeded' | 'cancelled' | 'failed';
};

export type PlansView = {
  get(id: string): PlanRow | undefined;
  /** Those that have not ended, oldest first. */
  running(): readonly PlanRow[];
};

export type DeploymentRow = {
  readonly id: string;
  readonly app: string;
  readonly strategy: string;
  readonly state: string;
  readonly from: SlotsByVersion;
  readonly to?: Target;
  readonly previous?: Target;
  /** The plan that it is a part of. */
  readonly partOf?: string;
  /** Instances that it stops for good; empty once it has ended. */
  readonly retire: readonly string[];
  readonly tallies: Tallies;
  /** By which weights new requests go, where it asked for some; by version, in no unit. */
  readonly weights?: Weights;
  readonly paused?: { readonly reason: string; readonly since: Instant };
  /** Why it goes back, or did not succeed. */
  readonly reason?: string;
  readonly policy?: DeploymentPolicy;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly outcome?: 'succeeded' | 'cancelled' | 'failed';
};

export type DeploymentsView = {
  /** The part of a plan that moves one app. */
  partOf(plan: string, app: string): DeploymentRow | undefined;
  get(id: string): DeploymentRow | undefined;
  /** Those that have not ended, oldest first. */
  running(): readonly DeploymentRow[];
  runningOf(app: string): readonly DeploymentRow[];
};

export type NodeRow = {
  readonly id: string;
  readonly endpoint: RuntimeEndpoint;
  readonly offer: NodeOffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly roles: readonly string[];
  /** Kept for a role since it was added, by role. */
  readonly reserved?: Readonly<Record<string, RoleAmounts>>;
  /** Kept for a role by request, by role; on top of those. */
  readonly reservations?: Readonly<Record<string, RoleAmounts>>;
  readonly region?: string;
  readonly zone?: string;
  /** How many times over it lends what it has. */
  readonly oversubscribe?: Oversubscription;
  readonly warnings: readonly string[];
  readonly state: string;
  readonly reason?: string;
  readonly since: Instant;
  /** When it was lost, the last few times within the window in which a node may count as flapping. */
  readonly losses?: readonly Instant[];
};

export type NodesView = {
  get(id: string): NodeRow | undefined;
  /** Those in the pool. */
  all(): Iterable<NodeRow>;
};

/** What was said of a role; of one that nobody spoke of there is no row. */
export type RoleRow = {
  readonly role: string;
  /** 1 where absent. */
  readonly weight?: number;
  readonly quota?: { readonly guarantee: RoleAmounts; readonly limit: RoleAmounts };
};

export type RolesView = {
  get(role: string): RoleRow | undefined;
  all(): Iterable<RoleRow>;
};

/** One version of a strategy that an operator registered. */
export type StrategyRow = StrategyRegistration & { readonly at: Instant };

export type StrategiesView = {
  get(id: string): StrategyRow | undefined;
  /** Every version, in the order of registration. */
  all(): Iterable<StrategyRow>;
};

/** An app that has ready instances. Gone with the last of them; when some come again, it is another object. */
export type ReadyApp = {
  readonly app: string;
  /** Ids of its ready instances. */
  readonly ready: ReadonlySet<string>;
  /** Grows with every change of what is told of its instances. */
  readonly revision: number;
};

/** Apps that one key may mean; `revision` grows with any change below it, and once more when the key means nobody any more. */
export type NameKey = { readonly apps: ReadonlySet<ReadyApp>; readonly revision: number };

/** Who is found by name: ready instances and nobody else. */
export type DiscoveryView = {
  ready(): Iterable<ReadyApp>;
  /** Apps whose names have this key, as `domain/network/keys.ts` makes them. */
  key(key: string): NameKey | undefined;
  /** Some app's key lies below this name: `shop` where there is a `web.shop`. */
  isAbove(name: string): boolean;
  /** Instances of which something changed after a revision, some perhaps twice; undefined where that is forgotten: look at all of them. */
  changedSince(app: ReadyApp, revision: number): readonly string[] | undefined;
  /** What names are made of, of an instance that is ready: one, or of a pod one for each container that runs. */
  tasksOf(instance: string): readonly NamedTask[];
  /** Grows when a node comes, goes or moves. */
  nodesRevision(): number;
};

/** One stream as its last fact left it. */
export type RosterRow = {
  readonly stream: string;
  readonly chart: string;
  readonly state: string;
  readonly owes: string;
  readonly due?: Instant;
  readonly revision: number;
  readonly position: number;
};

export type RosterView = {
  get(stream: string): RosterRow | undefined;
  has(stream: string): boolean;
  all(): Iterable<RosterRow>;
  /** Those that owe something or wait for a time. */
  active(): Iterable<RosterRow>;
  /** One row for each chart, state and debt that there are, waiting for a time or not. */
  kinds(): Iterable<RosterRow>;
};

export type Views = {
  readonly roster: RosterView;
  readonly apps: AppsView;
  readonly groups: GroupsView;
  readonly plans: PlansView;
  readonly instances: InstancesView;
  readonly deployments: DeploymentsView;
  readonly nodes: NodesView;
  readonly strategies: StrategiesView;
  readonly roles: RolesView;
  readonly discovery: DiscoveryView;
  /** Position up to which all of them have read. */
  position(): number;
};
