import { APP } from '../domain/app/app.facts.ts';
import { absolutePathId, isPathId } from '../domain/app/definition/pathId.ts';
import { parseInstanceId, parseTaskId } from '../domain/app/definition/taskIds.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import { type GroupFact, ROOT_GROUP } from '../domain/group/group.facts.ts';
import { INSTANCE } from '../domain/instance/instance.facts.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import { NODE } from '../domain/node/node.facts.ts';
import { nouns } from '../domain/nouns.ts';
import { PLAN } from '../domain/plan/plan.facts.ts';
import type { Past } from '../domain/ports/past.ts';
import type { Subject } from '../domain/ports/story.ts';
import { REQUEST } from '../domain/request/request.ts';
import { STRATEGY } from '../domain/strategy/strategy.facts.ts';
import { isAbout } from './ofGroup.ts';

/** The bare id of an instance in any form that Marathon gave it: instance id, task id, or the UUID alone. */
const instanceUuid = (id: string): string => parseTaskId(id)?.uuid ?? parseInstanceId(id)?.uuid ?? id;

/** Whoever is called so; see `Stories.find`. */
export const subjectCalled = (past: Past, name: string): Subject | undefined => {
  if (name.startsWith('/')) return pathCalled(past, absolutePathId(name));
  const candidates = [
    streamOf(NODE, name),
    streamOf(DEPLOYMENT, name),
    streamOf(PLAN, name),
    streamOf(INSTANCE, instanceUuid(name)),
    streamOf(REQUEST, name),
    streamOf(STRATEGY, name),
    ...(isPathId(name) ? [streamOf(APP, absolutePathId(name))] : []),
    ...(name in nouns || nouns[nounOf(name)] === undefined ? [] : [name]),
  ];
  const stream = candidates.find((each) => past.stream(each).length > 0);
  return stream === undefined ? undefined : subjectOf(stream);
};

const pathCalled = (past: Past, id: string): Subject | undefined => {
  const group: Subject = { kind: 'group', stream: ROOT_GROUP, group: id };
  if (id === '/' || stands(past, id)) return group;
  if (past.stream(streamOf(APP, id)).length > 0) return { kind: 'app', stream: streamOf(APP, id), app: id };
  // A group that is gone is asked for last, for its story is the longest to look for.
  return past.stream(ROOT_GROUP).some(({ fact }) => isAbout(fact as GroupFact, id)) ? group : undefined;
};

/** Whether a group is there now. */
const stands = (past: Past, id: string): boolean => {
  let there = false;
  for (const recorded of past.stream(ROOT_GROUP)) {
    const fact = recorded.fact as GroupFact;
    if (fact.type !== 'GroupsChanged') continue;
    if (fact.removed.includes(id)) there = false;
    if (fact.put.some((put) => put.id === id)) there = true;
  }
  return there;
};

const subjectOf = (stream: StreamName): Subject => {
  switch (nounOf(stream)) {
    case APP:
      return { kind: 'app', stream, app: keyOf(stream) };
    case PLAN:
      return { kind: 'plan', stream };
    case REQUEST:
      return { kind: 'request', stream };
    case 'group':
      return { kind: 'group', stream, group: keyOf(stream) };
    default:
      return { kind: 'other', stream };
  }
};
