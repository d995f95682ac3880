import { type Refusal, refusal } from '../kernel/refusal.ts';
import { groupsAbove } from './tree.ts';

type Dependent = { readonly id: string; readonly dependencies: readonly string[] };
export type Needs = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Which member needs which others first. A dependency on a group is one on all that stands below it; what a group depends on is needed by
 * all that stands below it. What is named and not there is needed by nobody, as in Marathon.
 */
export const needsOf = (members: readonly Dependent[], groups: readonly Dependent[]): Needs => {
  const ids = new Set(members.map(({ id }) => id));
  const below = new Map<string, string[]>();
  for (const { id } of members)
    for (const group of ['/', ...groupsAbove(id)]) {
      const there = below.get(group);
      if (there === undefined) below.set(group, [id]);
      else there.push(id);
    }
  const meant = (dependency: string): readonly string[] => (ids.has(dependency) ? [dependency] : (below.get(dependency) ?? []));
  const needs = new Map<string, Set<string>>(members.map(({ id }) => [id, new Set<string>()]));
  const need = (id: string, dependency: string): void => {
    for (const other of meant(dependency)) needs.get(id)?.add(other);
  };
  for (const { id, dependencies } of members) for (const dependency of dependencies) need(id, dependency);
  for (const { id, dependencies } of groups) {
    if (dependencies.length === 0) continue;
    for (const member of below.get(id) ?? []) for (const dependency of dependencies) need(member, dependency);
  }
  return needs;
};

/** The first cycle found, each needing the next, the first again at the end; undefined where there is none. */
export const cycleIn = (needs: Needs): readonly string[] | undefined => {
  const done = new Set<string>();
  for (const start of needs.keys()) {
    if (done.has(start)) continue;
    // By hand instead of by recursion: a chain may be as long as there are apps.
    const path: { readonly id: string; readonly rest: Iterator<string> }[] = [];
    const onPath = new Set<string>();
    const enter = (id: string): void => {
      path.push({ id, rest: (needs.get(id) ?? new Set<string>()).values() });
      onPath.add(id);
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next();
      if (next.done) {
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(next.value)) {
        const ids = path.map(({ id }) => id);
        return [...ids.slice(ids.indexOf(next.value)), next.value];
      } else if (!done.has(next.value)) enter(next.value);
    }
  }
  return undefined;
};

/** Why members cannot need each other as they do; undefined where they can. */
export const cycleProblem = (needs: Needs): Refusal | undefined => {
  const cycle = cycleIn(needs);
  if (cycle === undefined) return undefined;
  return refusal('invalid', 'Object is not valid', {
    details: [{ path: '/dependencies', errors: [`Dependency graph has cyclic dependencies: ${cycle.join(' → ')}.`] }],
  });
};

/**
 * Members in layers: each stands one layer behind the last of those it needs (Marathon's order by longest path). Of a cycle, which has no
 * order, one need is passed over.
 */
export const layersOf = (ids: readonly string[], needs: Needs): readonly (readonly string[])[] => {
  const depth = new Map<string, number>();
  const onPath = new Set<string>();
  const open: string[] = [...ids];
  for (let id = open.at(-1); id !== undefined; id = open.at(-1)) {
    const others = [...(needs.get(id) ?? [])];
    const unknown = depth.has(id) ? [] : others.filter((other) => !depth.has(other) && !onPath.has(other) && other !== id);
    if (unknown.length > 0) {
      onPath.add(id);
      open.push(...unknown);
      continue;
    }
    open.pop();
    onPath.delete(id);
    if (depth.has(id)) continue;
    depth.set(
      id,
      others.reduce((deepest, other) => Math.max(deepest, (depth.get(other) ?? -1) + 1), 0),
    );
  }
  const layers = Map.groupBy([...ids].sort(), (id) => depth.get(id) ?? 0);
  return [...layers.entries()].sort(([a], [b]) => a - b).map(([, layer]) => layer);
};

/** Why an id cannot be an app's: a group has it, or it would stand below another app. Answered from the ids above it alone. */
export const clashOf = (id: string, isMember: (id: string) => boolean, isGroup: (id: string) => boolean): string | undefined => {
  if (isGroup(id)) return `An app or pod with id [${id}] is in conflict with the group of that id.`;
  const above = groupsAbove(id).find(isMember);
  return above === undefined ? undefined : `The group [${above}] of [${id}] is in conflict with the app or pod of that id.`;
};
