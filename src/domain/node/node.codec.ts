import { codecOf } from '../kernel/codec.ts';
import { type NodeFact, nodeFacts } from './node.facts.ts';

export const nodeCodec = codecOf<NodeFact>(
  Object.fromEntries(Object.entries(nodeFacts).map(([type, schema]) => [type, { version: 1, schema }])),
);
