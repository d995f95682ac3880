import { APP, type AppFact } from '../domain/app/app.facts.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import { type GroupFact, ROOT_GROUP } from '../domain/group/group.facts.ts';
import { isBelow } from '../domain/group/tree.ts';
import { keyOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { PLAN } from '../domain/plan/plan.facts.ts';
import type { Past } from '../domain/ports/past.ts';

/* Stories of groups and of the plans that move them. All of a story stands in a few streams that name each other. */

/** Whether a fact of the tree concerns a group, or something below it, by what it says itself. */
export const isAbout = (fact: GroupFact, group: string): boolean => {
  const isIn = (id: string): boolean => id === group || isBelow(id, group);
  switch (fact.type) {
    case 'GroupsChanged':
      return [...fact.put.map(({ id }) => id), ...fact.removed].some(isIn);
    case 'MembersClaimed':
      return fact.members.some(({ id }) => isIn(id));
    case 'MembersReleased':
      return fact.ids.some(isIn);
    case 'GroupDeploymentBegan':
      return isIn(fact.group) || fact.steps.some(({ actions }) => actions.some(({ id }) => isIn(id)));
    case 'MemberChangePlanned':
      return isIn(fact.id);
    default:
      return false;
  }
};

/** Learns, fact by fact, which streams a group's story is told in; true for a fact that belongs to it. */
export const groupMembership = (group: string): ((recorded: Recorded) => boolean) => {
  const plans = new Set<string>();
  return ({ stream, fact }) => {
    if (stream !== ROOT_GROUP) return plans.has(stream);
    const told = fact as GroupFact;
    if (told.type === 'GroupDeploymentEnded') return plans.has(streamOf(PLAN, told.deployment));
    if (!isAbout(told, group)) return false;
    if (told.type === 'GroupDeploymentBegan') plans.add(streamOf(PLAN, told.deployment));
    return told.type !== 'MemberChangePlanned' || plans.has(streamOf(PLAN, told.deployment));
  };
};

/** As for a group: of one plan, with the deployments that are its parts. */
export const planMembership = (plan: string): ((recorded: Recorded) => boolean) => {
  const members = new Set<StreamName>();
  const parts = new Set<string>();
  return ({ stream, fact }) => {
    if (stream === streamOf(PLAN, plan)) return true;
    if (stream.startsWith('deployment-')) return parts.has(keyOf(stream));
    if (stream === ROOT_GROUP) {
      const told = fact as GroupFact;
      if (!('deployment' in told) || told.deployment !== plan) return false;
      if (told.type === 'MemberChangePlanned') members.add(streamOf(APP, told.id));
      return true;
    }
    if (!members.has(stream)) return false;
    const told = fact as AppFact;
    if (told.type === 'DeploymentBegan' && told.partOf === plan) parts.add(told.deployment);
    return 'deployment' in told && parts.has(told.deployment);
  };
};

/** The streams that a group's story is told in: the tree, and the plans that moved something of it. */
export const groupStreams = (past: Past, group: string, upTo: number): readonly StreamName[] => [
  ROOT_GROUP,
  ...past
    .stream(ROOT_GROUP, upTo)
    .flatMap(({ fact }) =>
      fact.type === 'GroupDeploymentBegan' && isAbout(fact as GroupFact, group)
        ? [streamOf(PLAN, (fact as Extract<GroupFact, { type: 'GroupDeploymentBegan' }>).deployment)]
        : [],
    ),
];

/** The streams that a plan's story is told in: the tree, its own, the apps it moves, and what moved them. */
export const planStreams = (past: Past, plan: string, upTo: number): readonly StreamName[] => {
  const members = past.stream(ROOT_GROUP, upTo).flatMap(({ fact }) => {
    const told = fact as GroupFact;
    return told.type === 'MemberChangePlanned' && told.deployment === plan ? [streamOf(APP, told.id)] : [];
  });
  const parts = members.flatMap((stream) =>
    past.stream(stream, upTo).flatMap(({ fact }) => {
      const told = fact as AppFact;
      return told.type === 'DeploymentBegan' && told.partOf === plan ? [streamOf(DEPLOYMENT, told.deployment)] : [];
    }),
  );
  return [ROOT_GROUP, ...members, streamOf(PLAN, plan), ...parts];
};
