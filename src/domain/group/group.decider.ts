import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { appLocked, type Refusal, refusal } from '../kernel/refusal.ts';
import { same } from '../kernel/same.ts';
import { shardGet, shardValues } from '../kernel/shards.ts';
import { type Instant, nextVersion } from '../kernel/units.ts';
import { clashOf, cycleProblem, needsOf } from './dependencies.ts';
import { type GroupContext, groupChart, idsOf } from './group.chart.ts';
import { groupCodec } from './group.codec.ts';
import type { GroupCommand } from './group.commands.ts';
import { GROUP, type GroupFact, type GroupNode, type Member } from './group.facts.ts';
import { groupsAbove, isBelow } from './tree.ts';

type State = ChartState<GroupContext>;
const SILENCE: Decision<GroupFact> = E.right([]);

const decide = (command: GroupCommand, state: State, at: Instant): Decision<GroupFact> => {
  const { context } = state;
  switch (command.type) {
    case 'ChangeGroup':
      return change(command, context, at);
    case 'ClaimMembers': {
      const members = command.members.filter((member) => !isClaimed(member, context));
      if (members.length === 0) return SILENCE;
      const problem = treeProblem(context, [], [], members);
      if (problem !== undefined) return E.left(problem);
      return E.right([{ type: 'MembersClaimed', version: nextVersion(context.version, at), members }]);
    }
    case 'ReleaseMembers': {
      const ids = command.members.filter(({ id, version }) => shardGet(context.members, id)?.claim === version).map(({ id }) => id);
      return ids.length === 0 ? SILENCE : E.right([{ type: 'MembersReleased', ids }]);
    }
    case 'ReportGroupDeploymentEnded': {
      const { deployment, outcome } = command;
      return context.plans[deployment] === undefined ? SILENCE : E.right([{ type: 'GroupDeploymentEnded', deployment, outcome }]);
    }
  }
};

const isClaimed = (member: Member, { members }: GroupContext): boolean => {
  const { claim: _, ...known } = shardGet(members, member.id) ?? {};
  return same(known, member);
};

type Change = Extract<GroupCommand, { type: 'ChangeGroup' }>;

const change = (command: Change, context: GroupContext, at: Instant): Decision<GroupFact> => {
  const { group, put, removed, claims, changes, steps, deployment, force } = command;
  if (context.plans[deployment] !== undefined) return SILENCE;
  const inTheWay = plansInTheWay(command, context);
  const leaving = removed.filter((id) => shardGet(context.groups, id) !== undefined);
  const isTreeChanged = leaving.length > 0 || put.some((node) => !same(shardGet(context.groups, node.id), node));
  if (!isTreeChanged && steps.length === 0) return SILENCE;
  const problem =
    (command.basedOn === context.version
      ? undefined
      : refusal('illegal-in-state', `The groups were changed to version ${context.version} meanwhile.`)) ??
    (force || inTheWay.length === 0 ? undefined : appLocked(inTheWay)) ??
    removalProblem(command, context) ??
    treeProblem(context, put, removed, claims);
  if (problem !== undefined) return E.left(problem);
  const version = nextVersion(context.version, at);
  return E.right([
    ...(isTreeChanged ? [{ type: 'GroupsChanged', version, put: [...put], removed: leaving } as const] : []),
    ...(claims.length > 0 ? [{ type: 'MembersClaimed', version, members: [...claims] } as const] : []),
    ...(steps.length > 0
      ? [{ type: 'GroupDeploymentBegan', deployment, group, version, force, steps: [...steps], supersedes: inTheWay } as const]
      : []),
    ...changes.map((each) => ({ type: 'MemberChangePlanned', deployment, ...each }) as const),
  ]);
};

/** Plans that move something which this one moves too. */
const plansInTheWay = ({ steps }: Change, { plans }: GroupContext): string[] => {
  const mine = idsOf({ steps: [...steps] });
  return Object.values(plans).flatMap((plan) => ([...idsOf(plan)].some((id) => mine.has(id)) ? [plan.deployment] : []));
};

/** A group only goes with all that stands in it. */
const removalProblem = ({ removed, changes, steps }: Change, { members }: GroupContext): Refusal | undefined => {
  if (removed.length === 0) return undefined;
  const leaving = new Set(changes.filter(({ definition }) => definition === undefined).map(({ id }) => id));
  const left = shardValues(members)
    .map(({ id }) => id)
    .find((id) => !leaving.has(id) && removed.some((group) => isBelow(id, group)));
  return left === undefined || steps.length === 0 ? undefined : refusal('invalid', `The group of [${left}] cannot go before it.`);
};

const treeProblem = (
  { groups, members }: GroupContext,
  put: readonly GroupNode[],
  removed: readonly string[],
  claims: readonly Member[],
): Refusal | undefined => {
  const [gone, set, claimed] = [new Set(removed), new Set(put.map(({ id }) => id)), new Set(claims.map(({ id }) => id))];
  const isGroup = (id: string): boolean => set.has(id) || (shardGet(groups, id) !== undefined && !gone.has(id));
  const isMember = (id: string): boolean => claimed.has(id) || shardGet(members, id) !== undefined;
  const clash =
    claims.map(({ id }) => clashOf(id, isMember, isGroup)).find((each) => each !== undefined) ??
    put.filter(({ id }) => isMember(id)).map(({ id }) => `An app or pod with the path [${id}] already exists.`)[0];
  if (clash !== undefined) return refusal('already-exists', clash);
  // What needs nothing, itself or by its groups, closes no cycle; most apps are such, and the tree may be large.
  const isFree = ({ id, dependencies }: Member): boolean =>
    dependencies.length === 0 && [...groupsAbove(id), '/'].every((group) => (shardGet(groups, group)?.dependencies.length ?? 0) === 0);
  if (put.length === 0 && claims.every(isFree)) return undefined;
  const nodes = [...shardValues(groups).filter(({ id }) => !gone.has(id) && !set.has(id)), ...put];
  const all = [...shardValues(members).filter(({ id }) => !claimed.has(id)), ...claims];
  // In order, so that the same cycle is always named alike.
  return cycleProblem(
    needsOf(
      all.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      nodes,
    ),
  );
};

export const groupNoun: Noun<GroupContext, GroupCommand, GroupFact> = {
  noun: GROUP,
  charts: { [groupChart.id]: groupChart },
  chartFor: () => groupChart.id,
  codec: groupCodec,
  decide,
};
