import { appNoun } from './app/app.decider.ts';
import { deploymentNoun } from './deployment/deployment.decider.ts';
import { groupNoun } from './group/group.decider.ts';
import { instanceNoun } from './instance/instance.decider.ts';
import type { Noun } from './kernel/decider.ts';
import { nounOf, type StreamName } from './kernel/ids.ts';
import { leaseNoun } from './lease/lease.ts';
import { nodeNoun } from './node/node.decider.ts';
import { planNoun } from './plan/plan.decider.ts';
import { rebalanceNoun } from './rebalance/rebalance.decider.ts';
import { requestNoun } from './request/request.ts';
import { retentionNoun } from './retention/retention.decider.ts';
import { roleNoun } from './role/role.decider.ts';
import { strategyNoun } from './strategy/strategy.decider.ts';

/** Every noun there is. A new one is added here and nowhere else. */
const all = [
  nodeNoun,
  groupNoun,
  planNoun,
  appNoun,
  deploymentNoun,
  instanceNoun,
  requestNoun,
  leaseNoun,
  strategyNoun,
  retentionNoun,
  rebalanceNoun,
  roleNoun,
] as unknown as readonly Noun[];

export const nouns: Readonly<Record<string, Noun>> = Object.fromEntries(all.map((noun) => [noun.noun, noun]));

/** Whether a stream's events are facts of the engine, by its name. */
export const isEngineStream = (stream: StreamName): boolean => stream.includes('-') && Object.hasOwn(nouns, nounOf(stream));

/** @throws Error for a stream whose noun is unknown. */
export const nounOfStream = (stream: StreamName): Noun => {
  const noun = nouns[nounOf(stream)];
  if (noun === undefined) throw new Error(`no noun for stream '${stream}'`);
  return noun;
};
