import type { AppFact } from '../../domain/app/app.facts.ts';
import type { GroupFact } from '../../domain/group/group.facts.ts';
import { groupsAbove } from '../../domain/group/tree.ts';
import { keyOf, nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { StrategyFact } from '../../domain/strategy/strategy.facts.ts';
import { type Message, topicOf } from './message.ts';
import { documentOf, STATE_DOCUMENTS, type StateNoun, type StateViews } from './stateDocuments.ts';

export const STATE_NOUNS = Object.keys(STATE_DOCUMENTS) as readonly StateNoun[];

/** Compacted: a broker keeps the last message of each key. */
export const stateTopicOf = (prefix: string, noun: StateNoun): string => `${topicOf(prefix, noun)}.state`;

/**
 * What a batch of facts changed of the present, one message per key, in the order in which each was touched last. What has ended is told
 * once more as it ended, and its tombstone follows.
 * @param views behind the batch: they have taken all of it and nothing else
 */
export const stateChanges = (views: StateViews, batch: readonly Recorded[], prefix: string): readonly Message[] => {
  const touched = new Map<string, { readonly noun: StateNoun; readonly id: string; readonly position: number }>();
  for (const recorded of batch)
    for (const [noun, id] of touchedBy(recorded)) {
      const key = `${noun} ${id}`;
      touched.delete(key);
      touched.set(key, { noun, id, position: recorded.position });
    }
  return [...touched.values()].flatMap(({ noun, id, position }) => messagesOf(views, noun, id, position, prefix));
};

/** All that there is, for a topic that holds nothing yet. */
export const wholeState = (views: StateViews, position: number, prefix: string): readonly Message[] =>
  everyKey(views).flatMap(([noun, id]) => messagesOf(views, noun, id, position, prefix));

const messagesOf = (views: StateViews, noun: StateNoun, id: string, position: number, prefix: string): readonly Message[] => {
  const document = documentOf(views, noun, id);
  const message = (value: string | null): Message => ({
    topic: stateTopicOf(prefix, noun),
    key: id,
    value,
    headers: { ...(value !== null && { 'content-type': 'application/json' }), position: String(position) },
  });
  if (document === undefined) return [message(null)];
  const present = message(JSON.stringify(document));
  return 'endedAt' in document && document.endedAt !== undefined ? [present, message(null)] : [present];
};

type Key = readonly [noun: StateNoun, id: string];

const everyKey = ({ apps, deployments, groups, instances, nodes, plans, strategies }: StateViews): readonly Key[] => [
  ...keys('node', nodes.all()),
  ...keys('strategy', strategies.all()),
  ...keys('group', groups.all()),
  ...keys('plan', plans.running()),
  ...keys('app', apps.all()),
  ...keys('deployment', deployments.running()),
  ...keys('instance', instances.live()),
];

const keys = (noun: StateNoun, rows: Iterable<{ readonly id: string }>): readonly Key[] => [...rows].map(({ id }) => [noun, id] as const);

/** Whose rows a fact may have changed, in its own stream and elsewhere. */
const touchedBy = ({ stream, fact }: Recorded): readonly Key[] => {
  const [noun, id] = [nounOf(stream), keyOf(stream)];
  switch (noun) {
    case 'app':
      return touchedByApp(id, fact as AppFact);
    case 'group':
      return touchedByGroup(fact as GroupFact);
    case 'strategy':
      return [['strategy', (fact as StrategyFact).id]];
    case 'deployment':
    case 'instance':
    case 'node':
    case 'plan':
      return [[noun, id]];
    default:
      return [];
  }
};

/** A deployment is there when its app has given it the lock, and is told of its end where it never began itself. */
const touchedByApp = (id: string, fact: AppFact): readonly Key[] => {
  switch (fact.type) {
    case 'AppVersionAdded':
      return [['app', fact.app]];
    case 'DeploymentEnded':
      return [
        ['app', id],
        ['deployment', fact.deployment],
      ];
    case 'DeploymentBegan':
      return [
        ['app', id],
        ...(fact.supersedes === undefined ? [] : [['deployment', fact.supersedes] as const]),
        ['deployment', fact.deployment],
      ];
    default:
      return [['app', id]];
  }
};

const touchedByGroup = (fact: GroupFact): readonly Key[] => {
  switch (fact.type) {
    case 'GroupsChanged':
      return [...fact.removed, ...fact.put.map(({ id }) => id)].map((id) => ['group', id]);
    case 'MembersClaimed':
      return [...new Set(fact.members.flatMap(({ id }) => groupsAbove(id)))].map((id) => ['group', id]);
    case 'GroupDeploymentBegan':
      return [...fact.supersedes, fact.deployment].map((id) => ['plan', id]);
    case 'MemberChangePlanned':
    case 'GroupDeploymentEnded':
      return [['plan', fact.deployment]];
    default:
      return [];
  }
};
