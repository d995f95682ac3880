import type { NodeFactOf } from './node.facts.ts';

export type NodeCommand =
  | ({ readonly type: 'RegisterNode' } & Omit<NodeFactOf<'NodeRegistered'>, 'type'>)
  | ({ readonly type: 'ReportNodeOffer' } & Omit<NodeFactOf<'NodeOfferChanged'>, 'type'>)
  | ({ readonly type: 'ReportNodeSilent' } & Omit<NodeFactOf<'NodeBecameUnreachable'>, 'type'>)
  | { readonly type: 'ReportNodeAnswering' }
  | ({ readonly type: 'ReportNodeFlapping' } & Omit<NodeFactOf<'NodeBecameFlapping'>, 'type'>)
  | { readonly type: 'CordonNode'; readonly reason: string }
  | { readonly type: 'UncordonNode' }
  | { readonly type: 'RemoveNode'; readonly reason: string };
