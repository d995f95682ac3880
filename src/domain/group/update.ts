import { either as E } from 'fp-ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import { absolutePathId, isPathId, RESERVED_SEGMENTS } from '../app/definition/pathId.ts';
import { isObject } from '../app/definition/readers.ts';
import { type Invalid, type Violations, violations } from '../app/definition/violations.ts';
import type { GroupNode, MemberKind } from './group.facts.ts';
import { kindOf } from './steps.ts';
import { groupsAbove, isBelow, parentOf, topLevelOf } from './tree.ts';

/** Groups and what stands in them, by id; the root group only where it has dependencies of its own. */
export type Tree = { readonly groups: ReadonlyMap<string, GroupNode>; readonly members: ReadonlyMap<string, AppDefinition> };

/** Reads one app or pod of a group. @param roles those it may have, the default first. */
export type ReadMember = (
  kind: MemberKind,
  body: unknown,
  options: { readonly group: string; readonly roles: readonly [string, ...string[]] },
) => E.Either<Invalid, AppDefinition>;

type Working = { readonly groups: Map<string, GroupNode>; readonly members: Map<string, AppDefinition> };

/**
 * The tree after a `GroupUpdate` (Marathon 1.11): of a group, `apps`, `pods` and `groups` that are given replace all that stand directly
 * in it; one that is not given stays as it is. What a GET adds is read past.
 */
export const updateGroup = (input: unknown, group: string, tree: Tree, read: ReadMember): E.Either<Invalid, Tree> => {
  const found = violations();
  const working: Working = { groups: new Map(tree.groups), members: new Map(tree.members) };
  if (isObject(input)) writeGroup(input, group, '', working, read, found);
  else found.add('/', 'error.expected.jsobject');
  return found.empty ? E.right(working) : E.left(found.invalid('Object is not valid'));
};

const writeGroup = (input: Body, id: string, path: string, tree: Working, read: ReadMember, found: Violations): void => {
  if (!isPathId(id) && id !== '/') found.add(`${path}/id`, 'must fully match regular expression of a path id');
  if (RESERVED_SEGMENTS.some((name) => id.endsWith(`/${name}`))) found.add(`${path}/id`, `must not end in ${RESERVED_SEGMENTS.join(', ')}`);
  if (tree.members.has(id)) found.add(`${path}/id`, `An app or pod with the path [${id}] already exists.`);
  for (const above of groupsAbove(id)) if (!tree.groups.has(above)) tree.groups.set(above, { id: above, dependencies: [] });
  writeNode(input, id, path, tree, found);
  writeMembers('app', 'apps', input, id, path, tree, read, found);
  writeMembers('pod', 'pods', input, id, path, tree, read, found);
  writeGroups(input, id, path, tree, read, found);
};

type Body = Readonly<Record<string, unknown>>;

const writeNode = ({ dependencies, enforceRole }: Body, id: string, path: string, tree: Working, found: Violations): void => {
  const before = tree.groups.get(id);
  const isList = Array.isArray(dependencies) && dependencies.every((each) => typeof each === 'string');
  if (dependencies !== undefined && dependencies !== null && !isList) found.add(`${path}/dependencies`, 'error.expected.jsarray');
  if (enforceRole !== undefined && enforceRole !== null) {
    if (typeof enforceRole !== 'boolean') found.add(`${path}/enforceRole`, 'error.expected.jsboolean');
    else if (enforceRole && parentOf(id) !== '/') found.add(`${path}/enforceRole`, 'enforceRole is only possible for top-level groups.');
  }
  const needs = isList ? (dependencies as string[]).map((each) => absolutePathId(each, id)) : (before?.dependencies ?? []);
  const enforced = typeof enforceRole === 'boolean' ? enforceRole : before?.enforceRole;
  if (id === '/' && needs.length === 0) return;
  tree.groups.set(id, { id, dependencies: needs, ...(enforced !== undefined && { enforceRole: enforced }) });
};

const writeMembers = (
  kind: MemberKind,
  field: 'apps' | 'pods',
  input: Body,
  group: string,
  path: string,
  tree: Working,
  read: ReadMember,
  found: Violations,
): void => {
  const listed = listIn(input, field, path, found);
  if (listed === undefined) return;
  const there = new Set<string>();
  for (const [index, body] of listed.entries()) {
    const at = `${path}/${field}(${index})`;
    const parsed = read(kind, body, { group, roles: rolesIn(group, tree) });
    if (E.isLeft(parsed)) {
      for (const { path: inner, errors } of parsed.left.details)
        for (const error of errors) found.add(`${at}${inner === '/' ? '' : inner}`, error);
      continue;
    }
    const definition = parsed.right;
    if (parentOf(definition.id) !== group)
      found.add(`${at}/id`, `Identifier ${definition.id} is not child of ${group}. Hint: use relative paths.`);
    if (there.has(definition.id)) found.add(`${at}/id`, `${definition.id} is there twice`);
    if (tree.groups.has(definition.id))
      found.add(`${at}/id`, `An app or pod with id [${definition.id}] is in conflict with the group of that id.`);
    there.add(definition.id);
    tree.members.set(definition.id, definition);
  }
  for (const [id, definition] of [...tree.members])
    if (parentOf(id) === group && kindOf(definition) === kind && !there.has(id)) tree.members.delete(id);
};

const writeGroups = (input: Body, group: string, path: string, tree: Working, read: ReadMember, found: Violations): void => {
  const listed = listIn(input, 'groups', path, found);
  if (listed === undefined) return;
  const there = new Set<string>();
  for (const [index, body] of listed.entries()) {
    const at = `${path}/groups(${index})`;
    if (!isObject(body)) {
      found.add(at, 'error.expected.jsobject');
      continue;
    }
    if (typeof body.id !== 'string') {
      found.add(`${at}/id`, 'error.path.missing');
      continue;
    }
    const id = absolutePathId(body.id, group);
    if (parentOf(id) !== group) found.add(`${at}/id`, `Identifier ${id} is not child of ${group}. Hint: use relative paths.`);
    if (there.has(id)) found.add(`${at}/id`, `${id} is there twice`);
    there.add(id);
    writeGroup(body, id, at, tree, read, found);
  }
  const gone = [...tree.groups.keys(), ...[...tree.members.keys()].flatMap((id) => parentOf(id) ?? [])].filter(
    (id) => id !== group && isBelow(id, group) && ![...there].some((kept) => id === kept || isBelow(id, kept)),
  );
  for (const id of new Set(gone)) dropGroup(id, tree);
};

const dropGroup = (group: string, tree: Working): void => {
  for (const id of [...tree.groups.keys()]) if (id === group || isBelow(id, group)) tree.groups.delete(id);
  for (const id of [...tree.members.keys()]) if (isBelow(id, group)) tree.members.delete(id);
};

const listIn = (input: Body, field: string, path: string, found: Violations): readonly unknown[] | undefined => {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value;
  found.add(`${path}/${field}`, 'error.expected.jsarray');
  return undefined;
};

/** Below a group that enforces its role there is only that one; elsewhere it is a choice. */
export const rolesIn = (group: string, { groups }: { readonly groups: Pick<Tree['groups'], 'get'> }): readonly [string, ...string[]] => {
  const top = topLevelOf(group);
  const role = top.slice(1);
  if (role === '') return ['*'];
  return groups.get(top)?.enforceRole === true ? [role] : ['*', role];
};

/** The tree without a group and all that stands in it; of the root, an empty one. */
export const withoutGroup = (group: string, tree: Tree): Tree => {
  const working: Working = { groups: new Map(tree.groups), members: new Map(tree.members) };
  dropGroup(group, working);
  return working;
};

/** Every app and pod below a group with ⌈instances · factor⌉ instances (Marathon's `scaleBy`). */
export const scaleGroup = (group: string, factor: number, { groups, members }: Tree): Tree => ({
  groups,
  members: new Map(
    [...members].map(([id, definition]) => [
      id,
      isBelow(id, group) ? { ...definition, instances: Math.ceil(definition.instances * factor) } : definition,
    ]),
  ),
});
