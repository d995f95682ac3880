import type { RoleAmounts } from '../role/role.facts.ts';
import type { NodeFactOf } from './node.facts.ts';

export type NodeCommand =
  | ({ readonly type: 'RegisterNode' } & Omit<NodeFactOf<'NodeRegistered'>, 'type'>)
  | ({ readonly type: 'ReportNodeOffer' } & Omit<NodeFactOf<'NodeOfferChanged'>, 'type'>)
  | ({ readonly type: 'ReportNodeSilent' } & Omit<NodeFactOf<'NodeBecameUnreachable'>, 'type'>)
  | { readonly type: 'ReportNodeAnswering' }
  | ({ readonly type: 'ReportNodeFlapping' } & Omit<NodeFactOf<'NodeBecameFlapping'>, 'type'>)
  | ({ readonly type: 'OversubscribeNode' } & Omit<NodeFactOf<'NodeOversubscribed'>, 'type'>)
  | { readonly type: 'CordonNode'; readonly reason: string }
  | { readonly type: 'UncordonNode' }
  /** What is kept for a role by request, as whoever asks has seen it and as it is to be: asking twice changes nothing. */
  | { readonly type: 'SetReservation'; readonly role: string; readonly from: RoleAmounts; readonly to: RoleAmounts }
  | { readonly type: 'RemoveNode'; readonly reason: string };
