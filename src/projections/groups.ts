import type { GroupFact, GroupFactOf, GroupNode, Member } from '../domain/group/group.facts.ts';
import { groupsAbove } from '../domain/group/tree.ts';
import { nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { GroupsView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

export type Groups = {
  version: string;
  readonly nodes: Map<string, GroupNode>;
  readonly members: Map<string, Member & { readonly claim: string }>;
  /** What each version changed of the groups themselves, oldest first. */
  readonly changes: { readonly version: string; readonly put: readonly GroupNode[]; readonly removed: readonly string[] }[];
};

/** The tree of groups, with the ids that are taken in it. */
export const groups: Projection<Groups> = {
  name: 'groups',
  version: 1,
  initial: () => ({ version: '', nodes: new Map(), members: new Map(), changes: [] }),
  evolve: (state, recorded) => {
    if (nounOf(recorded.stream) === 'group') evolveTree(state, (recorded as Recorded<GroupFact>).fact);
  },
};

const evolveTree = (state: Groups, fact: GroupFact): void => {
  switch (fact.type) {
    case 'GroupsChanged':
      change(state, fact);
      return;
    case 'MembersClaimed':
      claim(state, fact);
      return;
    case 'MembersReleased':
      for (const id of fact.ids) state.members.delete(id);
      return;
    case 'GroupDeploymentBegan':
      state.version = fact.version;
  }
};

const change = (state: Groups, { version, put, removed }: Pick<GroupFactOf<'GroupsChanged'>, 'version' | 'put' | 'removed'>): void => {
  state.version = version;
  for (const id of removed) state.nodes.delete(id);
  for (const node of put) state.nodes.set(node.id, node);
  state.changes.push({ version, put, removed });
};

/** Groups that an id stands in are there with it. */
const claim = (state: Groups, { version, members }: GroupFactOf<'MembersClaimed'>): void => {
  state.version = version;
  for (const member of members) state.members.set(member.id, { ...member, claim: version });
  const above = new Set(members.flatMap(({ id }) => groupsAbove(id)));
  const put = [...above].filter((id) => !state.nodes.has(id)).map((id) => ({ id, dependencies: [] }));
  if (put.length > 0) change(state, { version, put, removed: [] });
};

export const groupsView = (state: Groups): GroupsView => ({
  version: () => state.version,
  get: (id) => state.nodes.get(id),
  all: () => state.nodes.values(),
  member: (id) => state.members.get(id),
  members: () => state.members.values(),
  versions: () => state.changes.map(({ version }) => version),
  at: (version) => {
    const nodes = new Map<string, GroupNode>();
    for (const each of state.changes) {
      if (each.version > version) break;
      for (const id of each.removed) nodes.delete(id);
      for (const node of each.put) nodes.set(node.id, node);
    }
    return [...nodes.values()];
  },
});
