import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import { noShards, type Shards, shardDelete, shardGet, shardSet } from '../kernel/shards.ts';
import type { GroupFact, GroupFactOf, GroupNode, Member } from './group.facts.ts';
import { groupsAbove } from './tree.ts';

export type GroupContext = {
  /** Of the last change; '' before the first. */
  readonly version: string;
  readonly groups: Shards<GroupNode>;
  readonly members: Shards<Member & { /** Version at which the id was taken. */ readonly claim: string }>;
  readonly plans: Readonly<Record<string, Plan>>;
};

type Plan = Omit<GroupFactOf<'GroupDeploymentBegan'>, 'type'>;

const emptyTree: GroupContext = { version: '', groups: noShards(), members: noShards(), plans: {} };

const without = <V>(record: Readonly<Record<string, V>>, ids: readonly string[]): Readonly<Record<string, V>> => {
  const gone = new Set(ids);
  return Object.fromEntries(Object.entries(record).filter(([id]) => !gone.has(id)));
};

/** Groups that an id stands in are there with it. */
const withGroupsAbove = (groups: GroupContext['groups'], members: readonly Member[]): GroupContext['groups'] => {
  const above = new Set(members.flatMap(({ id }) => groupsAbove(id)));
  const missing = [...above].filter((id) => shardGet(groups, id) === undefined);
  return shardSet(
    groups,
    missing.map((id) => [id, { id, dependencies: [] }]),
  );
};

const changeGroups = ({ groups }: GroupContext, { version, put, removed }: GroupFactOf<'GroupsChanged'>): Partial<GroupContext> => ({
  version,
  groups: shardSet(
    shardDelete(groups, removed),
    put.map((group) => [group.id, group]),
  ),
});

const claim = (context: GroupContext, { version, members }: GroupFactOf<'MembersClaimed'>): Partial<GroupContext> => ({
  version,
  groups: withGroupsAbove(context.groups, members),
  members: shardSet(
    context.members,
    members.map((member) => [member.id, { ...member, claim: version }]),
  ),
});

/** The tree of groups. While plans move parts of it, it owes each of them a beginning. */
const machine = setup({
  types: { context: {} as GroupContext, events: {} as GroupFact },
  actions: {
    plan: (_, _params: { plans: readonly Plan[] }) => {},
    changeGroups: assign(({ context, event }) => changeGroups(context, event as GroupFactOf<'GroupsChanged'>)),
    claim: assign(({ context, event }) => claim(context, event as GroupFactOf<'MembersClaimed'>)),
    release: assign(({ context, event }) => ({ members: shardDelete(context.members, (event as GroupFactOf<'MembersReleased'>).ids) })),
    begin: assign(({ context, event }) => {
      const { type: _, ...plan } = event as GroupFactOf<'GroupDeploymentBegan'>;
      return { version: plan.version, plans: { ...context.plans, [plan.deployment]: plan } };
    }),
    end: assign(({ context, event }) => ({ plans: without(context.plans, [(event as GroupFactOf<'GroupDeploymentEnded'>).deployment]) })),
    note: assign({}),
  },
  guards: {
    wasLast: ({ context, event }) => {
      const { deployment } = event as GroupFactOf<'GroupDeploymentEnded'>;
      return Object.keys(context.plans).every((id) => id === deployment);
    },
  },
}).createMachine({
  id: 'group.v1',
  context: emptyTree,
  initial: 'resting',
  states: {
    resting: {
      description: 'No plan moves anything.',
      on: {
        GroupsChanged: { actions: 'changeGroups' },
        MembersClaimed: { actions: 'claim' },
        MembersReleased: { actions: 'release' },
        GroupDeploymentBegan: { target: 'planning', actions: 'begin' },
      },
    },
    planning: {
      description: 'One plan or more move parts of the tree.',
      entry: { type: 'plan', params: ({ context: { plans } }) => ({ plans: Object.values(plans) }) },
      on: {
        GroupsChanged: { actions: 'changeGroups' },
        MembersClaimed: { actions: 'claim' },
        MembersReleased: { actions: 'release' },
        GroupDeploymentBegan: { actions: 'begin' },
        MemberChangePlanned: { actions: 'note' },
        GroupDeploymentEnded: [{ guard: 'wasLast', target: 'resting', actions: 'end' }, { actions: 'end' }],
      },
    },
  },
});

export const groupChart = chartOf<GroupContext, GroupFact>(machine);

/** Ids that a plan moves. */
export const idsOf = ({ steps }: Pick<Plan, 'steps'>): ReadonlySet<string> =>
  new Set(steps.flatMap(({ actions }) => actions.map(({ id }) => id)));
