import type { GroupFactOf, GroupNode, Member, MemberChange, PlanStep } from './group.facts.ts';

export type GroupCommand =
  | {
      /** A change of a group with all in it, moved there by one plan. */
      readonly type: 'ChangeGroup';
      readonly group: string;
      readonly put: readonly GroupNode[];
      readonly removed: readonly string[];
      readonly claims: readonly Member[];
      readonly changes: readonly MemberChange[];
      readonly steps: readonly PlanStep[];
      readonly deployment: string;
      readonly force: boolean;
      /** Version of the tree that the change was made from; another one in between is a conflict. */
      readonly basedOn: string;
    }
  /** Takes ids before their apps are there, and tells changed dependencies. */
  | { readonly type: 'ClaimMembers'; readonly members: readonly Member[] }
  /** Gives ids back whose apps are gone, as they were claimed. */
  | { readonly type: 'ReleaseMembers'; readonly members: readonly { readonly id: string; readonly version: string }[] }
  | ({ readonly type: 'ReportGroupDeploymentEnded' } & Omit<GroupFactOf<'GroupDeploymentEnded'>, 'type'>);
