import { absolutePathId } from '../../../../domain/app/definition/pathId.ts';
import type { Json } from '../../client.ts';
import { parentOf, type Wanted, type WantedGroup } from '../wanted.ts';
import { writableApp, writablePod } from './eras.ts';

/** Deepest nesting of groups that is read; Marathon's own trees have a handful of levels. */
const DEPTH_MAX = 100;

/** A tree of groups as `/v2/groups` answers it, flattened: every group below the root, apps and pods in their writable form. */
export const flattened = (root: Json): Wanted => {
  const groups: WantedGroup[] = [];
  const apps: Json[] = [];
  const pods: Json[] = [];
  const walk = (group: Json, id: string, depth: number): void => {
    if (depth > DEPTH_MAX) throw new RangeError(`groups are nested deeper than ${DEPTH_MAX} levels at ${id}`);
    if (id !== '/') groups.push(groupOf(group, id));
    for (const app of listOf(group.apps)) apps.push(writableApp(app, id));
    for (const pod of listOf(group.pods)) pods.push(writablePod(pod, id));
    for (const child of listOf(group.groups)) walk(child, absolutePathId(String(child.id), id), depth + 1);
  };
  walk(root, absolutePathId(String(root.id)), 0);
  return sorted({ groups, apps, pods });
};

/** The same from the lists of apps and pods, where there is no tree: groups are then only what ids say. */
export const listed = (apps: readonly Json[], pods: readonly Json[]): Wanted => {
  const ids = new Set([...apps, ...pods].flatMap(({ id }) => ancestorsOf(absolutePathId(String(id)))));
  return sorted({
    groups: [...ids].map((id) => ({ id, dependencies: [] })),
    apps: apps.map((app) => writableApp(app, '/')),
    pods: pods.map((pod) => writablePod(pod, '/')),
  });
};

/** The groups that an id stands in, the root left out. */
export const ancestorsOf = (id: string): readonly string[] => {
  const parent = parentOf(id);
  return parent === '/' ? [] : [...ancestorsOf(parent), parent];
};

const groupOf = (group: Json, id: string): WantedGroup => ({
  id,
  dependencies: ((group.dependencies ?? []) as readonly string[]).map((dependency) => absolutePathId(dependency, id)),
  ...(typeof group.enforceRole === 'boolean' && parentOf(id) === '/' && { enforceRole: group.enforceRole }),
});

const listOf = (items: unknown): readonly Json[] => (Array.isArray(items) ? items : []);

const sorted = ({ groups, apps, pods }: Wanted): Wanted => {
  const byId = <A extends { readonly id: string }>(items: readonly A[]): readonly A[] =>
    [...items].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { groups: byId(groups), apps: byId(apps), pods: byId(pods) };
};
