import { codecOf } from '../kernel/codec.ts';
import { type InstanceFact, instanceFacts } from './instance.facts.ts';

/** Every fact stands at version 1; a new version comes with an upcaster here and keeps the old golden. */
export const instanceCodec = codecOf<InstanceFact>(
  Object.fromEntries(Object.entries(instanceFacts).map(([type, schema]) => [type, { version: 1, schema }])),
);
