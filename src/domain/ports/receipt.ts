import type { SlotsByVersion, Target } from '../app/app.facts.ts';
import type { FieldChange } from '../app/definition/change.ts';
import type { DeploymentPolicy } from '../deployment/policy.facts.ts';
import type { GateReading } from '../gate/gate.facts.ts';
import type { PlanStep } from '../group/group.facts.ts';
import type { Principal, Uuid } from '../kernel/ids.ts';
import type { Instant, Millis } from '../kernel/units.ts';
import type { Mark } from './difference.ts';

/** Raised by any change of what a receipt says: its hash is of one form only. */
export type ReceiptForm = 'wharf.receipt.v1' | 'wharf.plan-receipt.v1';

export type AskedBy = {
  readonly request?: Uuid;
  readonly command?: string;
  readonly by: Principal;
  readonly at: Instant;
  readonly position: number;
};

export type ReceiptInstance = {
  readonly instance: string;
  readonly version: string;
  readonly slot: number;
  readonly attempt: number;
  readonly node?: string;
  /** Its state when the deployment ended. */
  readonly state: string;
};

/** All that one deployment was, from facts up to its end alone, so that it can be made again at any time and compares equal. */
export type DeploymentReceipt = {
  readonly form: ReceiptForm;
  readonly deployment: string;
  readonly app: string;
  readonly partOf?: string;
  readonly asked: AskedBy;
  readonly supersedes?: string;
  readonly from: SlotsByVersion;
  readonly to?: Target;
  readonly previous?: Target;
  /** Sealed values are hidden: those that come or go show, those that only change do not. */
  readonly definition: { readonly before?: string; readonly after?: string; readonly fields: readonly FieldChange[] };
  readonly strategy: {
    readonly name: string;
    /** With its version, such as `canary.v1`; absent of one that never started. */
    readonly id?: string;
    /** Of one that an operator registered: of its source, with the file it was read from. */
    readonly sha256?: string;
    readonly file?: string;
  };
  readonly limits: { readonly minimumHealthCapacity: number; readonly maximumOverCapacity: number };
  readonly policy?: DeploymentPolicy;
  readonly phases: readonly {
    readonly state: string;
    readonly since: Instant;
    readonly ms: Millis;
    readonly type: string;
    readonly position: number;
  }[];
  readonly started: readonly ReceiptInstance[];
  readonly stopped: readonly (ReceiptInstance & { readonly reason: string; readonly by: Principal; readonly at: Instant })[];
  readonly gates: readonly {
    readonly verdict: 'passed' | 'failed';
    readonly gate?: string;
    readonly reason?: string;
    readonly readings: readonly GateReading[];
    readonly at: Instant;
    readonly position: number;
  }[];
  /** Commands before and after, shifts of traffic. */
  readonly steps: readonly (Mark & { readonly data: Readonly<Record<string, unknown>> })[];
  /** What was said to it: approvals, pauses, aborts, a winner, another target. */
  readonly said: readonly (Mark & { readonly data: Readonly<Record<string, unknown>> })[];
  readonly outcome?: { readonly outcome: string; readonly reason?: string; readonly slots?: SlotsByVersion; readonly at: Instant };
  readonly firstPosition: number;
  /** Absent while it is under way. */
  readonly lastPosition?: number;
};

/** The deployment of a group, with the deployments that were its parts; each has a receipt of its own. */
export type PlanReceipt = {
  readonly form: ReceiptForm;
  readonly plan: string;
  readonly group: string;
  readonly version: string;
  readonly asked: AskedBy;
  readonly supersedes: readonly string[];
  readonly steps: readonly PlanStep[];
  readonly phases: DeploymentReceipt['phases'];
  readonly parts: readonly { readonly app: string; readonly deployment: string; readonly outcome?: string }[];
  readonly outcome?: { readonly outcome: string; readonly at: Instant };
  readonly firstPosition: number;
  readonly lastPosition?: number;
};

export type Receipt = {
  readonly receipt: DeploymentReceipt | PlanReceipt;
  /** What is hashed; absent while it is under way, for then it is no receipt yet. */
  readonly canonical?: string;
  /** Drawn by this program, and no part of what is hashed. */
  readonly mermaid?: string;
  /** Paths of sealed values that changed; unknown once their key is destroyed, so no part of what is hashed. */
  readonly sealed: readonly string[];
};

export type Receipts = {
  /** Of the deployment of an app or of a group. @param upTo as it was known at this position; at the head where absent */
  of(id: string, upTo?: number): Receipt | undefined;
  markdown(receipt: Receipt, sha256: string | undefined): string;
};
