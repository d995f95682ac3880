import type { RebalanceFactOf } from './rebalance.facts.ts';

export type RebalanceCommand =
  | ({ readonly type: 'BeginRebalance' } & Omit<RebalanceFactOf<'RebalanceBegan'>, 'type'>)
  | ({ readonly type: 'ReportMoveCompleted' } & Omit<RebalanceFactOf<'MoveCompleted'>, 'type'>)
  | ({ readonly type: 'ReportMoveSkipped' } & Omit<RebalanceFactOf<'MoveSkipped'>, 'type'>)
  | { readonly type: 'AbortRebalance'; readonly reason: string };
