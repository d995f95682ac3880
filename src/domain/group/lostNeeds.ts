import type { GroupNode } from './group.facts.ts';
import { groupsAbove } from './tree.ts';
import type { Tree } from './update.ts';

/** An app, pod or group that goes while others stay that depend on it. */
export type LostNeed = { readonly id: string; readonly dependents: readonly string[] };

/** What a change takes away from those that stay: from then on nothing of theirs waits for it. In the order in which dependents are known. */
export const lostNeeds = (before: Tree, after: Tree): readonly LostNeed[] => {
  const dependents = [...dependentsIn(after)];
  // Most depend on nobody: then nothing can be lost, however much stands in the tree.
  if (dependents.length === 0) return [];
  if ([...before.members.keys()].every((id) => after.members.has(id)) && [...before.groups.keys()].every((id) => after.groups.has(id)))
    return [];
  const [was, is] = [idsIn(before), idsIn(after)];
  const lost = new Map<string, string[]>();
  for (const { id, dependencies } of dependents)
    for (const dependency of dependencies) {
      if (!was.has(dependency) || is.has(dependency)) continue;
      const known = lost.get(dependency);
      if (known === undefined) lost.set(dependency, [id]);
      else known.push(id);
    }
  return [...lost].map(([id, dependents]) => ({ id, dependents }));
};

const dependentsIn = function* ({ members, groups }: Tree): Generator<Pick<GroupNode, 'id' | 'dependencies'>> {
  for (const member of members.values()) if (member.dependencies.length > 0) yield member;
  for (const group of groups.values()) if (group.dependencies.length > 0) yield group;
};

/** Groups are there, too, while anything stands in them. */
const idsIn = ({ groups, members }: Tree): ReadonlySet<string> =>
  new Set([...groups.keys(), ...[...members.keys()].flatMap((id) => [id, ...groupsAbove(id)])]);
