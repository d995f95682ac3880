import { codecOf } from '../kernel/codec.ts';
import { type DeploymentFact, deploymentFacts } from './deployment.facts.ts';

export const deploymentCodec = codecOf<DeploymentFact>(
  Object.fromEntries(Object.entries(deploymentFacts).map(([type, schema]) => [type, { version: 1, schema }])),
);
