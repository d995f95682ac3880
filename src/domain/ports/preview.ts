import type { AppCommand } from '../app/app.commands.ts';
import type { AppFactOf, SlotsByVersion } from '../app/app.facts.ts';
import type { FieldChange } from '../app/definition/change.ts';

/** What the app holds of the nodes, all its instances together. */
export type Held = { readonly cpus: number; readonly mem: number; readonly disk: number; readonly gpus: number; readonly ports: number };

export type RehearsalStep = {
  /** State of the strategy. */
  readonly state: string;
  /** Since it began, ms: waits alone, for how long instances take to start is not known before. */
  readonly elapsedMs: number;
  readonly does: 'moves' | 'traffic' | 'gates' | 'hook' | 'approval' | 'waits' | 'choice' | 'ends';
  readonly says: string;
  /** By version, as they are when this has been asked for. */
  readonly instances: Readonly<Record<string, { readonly live: number; readonly ready: number; readonly leaving: number }>>;
  /** By which weights new requests go; empty: every server counts alike. */
  readonly weights: Readonly<Record<string, number>>;
  readonly held: Held;
  readonly waitMs?: number;
  /** `node` is absent of one that finds no place. */
  readonly starts?: readonly { readonly instance: string; readonly version: string; readonly node?: string }[];
  readonly stops?: readonly { readonly instance: string; readonly version: string; readonly node?: string; readonly reason: string }[];
};

/** An instance that finds no place when it is asked for; one with `until` gets its place in that state of the strategy. */
export type Unplaced = {
  /** Nodes looked at, and how many each filter turned away. */
  readonly considered: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly instance: string;
  readonly version: string;
  readonly state: string;
  readonly missing: Readonly<Record<string, number>>;
  /** Each node with what it fails. */
  readonly nodes: readonly { readonly node: string; readonly because: readonly string[] }[];
  readonly until?: string;
};

export type Rehearsal = {
  readonly steps: readonly RehearsalStep[];
  readonly ends: 'succeeded' | 'failed' | 'cancelled' | 'never';
  readonly because?: string;
  readonly waits: readonly Unplaced[];
};

/** A change of one app that is asked about. */
export type Intent = { readonly app: string; readonly command: Extract<AppCommand, { type: 'DeployApp' | 'DestroyApp' | 'RestartApp' }> };

/** What a change of one app would do, if it were asked for now. */
export type Preview = {
  readonly app: string;
  readonly does: 'creates' | 'changes' | 'removes' | 'restarts' | 'joins' | 'nothing' | 'is refused';
  /** Of what is there and what is asked for; `replaces`: instances can't take it up while they run. */
  readonly diff: readonly (FieldChange & { readonly replaces: boolean })[];
  readonly replaces: boolean;
  readonly deployment?: {
    /** A version of a strategy. */
    readonly strategy: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly policy?: AppFactOf<'DeploymentBegan'>['policy'];
    readonly minimumHealthCapacity: number;
    readonly maximumOverCapacity: number;
    readonly from: SlotsByVersion;
    readonly to?: AppFactOf<'DeploymentBegan'>['to'];
    readonly supersedes?: string;
  };
  readonly steps: readonly RehearsalStep[];
  /** What nodes that take instances have left before it begins, all together. */
  readonly free: Held;
  /** What the app holds before it begins, and the most that it holds on the way. */
  readonly held: { readonly before: Held; readonly most: Held };
  readonly waits: readonly Unplaced[];
  /** Why it would not go; empty where it would. */
  readonly problems: readonly string[];
  /** Worth knowing, and in nobody's way. */
  readonly remarks: readonly string[];
};
