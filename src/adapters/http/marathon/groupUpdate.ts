import { either as E } from 'fp-ts';
import { isSingleInstance } from '../../../domain/app/definition/complete.ts';
import { type ParsedApp, readApp } from '../../../domain/app/definition/parse.ts';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { INT32_MAX } from '../../../domain/app/definition/readers.ts';
import { readPod } from '../../../domain/app/pod/parse.ts';
import type { GroupNode } from '../../../domain/group/group.facts.ts';
import { isBelow } from '../../../domain/group/tree.ts';
import { type ReadMember, scaleGroup, type Tree, updateGroup } from '../../../domain/group/update.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { invalid, Problem, wrong } from '../problem.ts';
import type { TreeChange } from './groupChange.ts';
import { groupVersions } from './groupJson.ts';
import { countNodes } from './written.ts';

type Body = Readonly<Record<string, unknown>>;
type Made = Pick<TreeChange, 'make' | 'isRollback'>;

/** The group that a request means: the body's id, read from the path's. */
export const groupIn = (path: string, { id }: Body): string => {
  if (id === undefined || id === null) return path;
  if (typeof id !== 'string') throw wrong('/id', 'error.expected.jsstring');
  return absolutePathId(id, path);
};

/**
 * The change that a `GroupUpdate` asks for: a scale, a way back to a version, or new content.
 * @throws Problem for a body that is none of them, or more than one
 */
export const changeIn = (engine: Engine, group: string, body: Body, strict: boolean, tell: (warning: string) => void): Made => {
  const { scaleBy, version } = body;
  if (scaleBy !== undefined && scaleBy !== null) return { make: scaled(group, scaleBy, alone(body, 'scaleBy')) };
  if (version !== undefined && version !== null && !isReadBack(body))
    return { make: rolledBack(engine, group, version, alone(body, 'version')), isRollback: true };
  return { make: (tree) => rewritten(engine, group, body, tree, strict, tell) };
};

/** What a GET answered, perhaps edited: its version says nothing of where to go. */
const isReadBack = ({ apps, groups }: Body): boolean => apps !== undefined && groups !== undefined;

const alone = (body: Body, field: 'scaleBy' | 'version'): Body => {
  const others = Object.keys(body).filter((name) => name !== field && name !== 'id');
  if (others.length > 0) throw wrong(`/${field}`, `may only be combined with the id, not with ${others.join(', ')}`);
  return body;
};

const scaled = (group: string, factor: unknown, _: Body) => {
  if (typeof factor !== 'number' || !Number.isFinite(factor) || factor < 0) throw wrong('/scaleBy', 'must be a number of at least 0');
  return (tree: Tree): Tree => {
    const after = scaleGroup(group, factor, tree);
    for (const { id, instances, labels } of after.members.values()) {
      const why = isSingleInstance(labels) && instances > 1 ? 'may only have one instance' : instances > INT32_MAX && 'error.max';
      if (isBelow(id, group) && why !== false) throw wrong('/scaleBy', `${id} would have ${instances} instances: ${why}`);
    }
    return after;
  };
};

const rolledBack = (engine: Engine, group: string, version: unknown, _: Body) => {
  if (typeof version !== 'string') throw wrong('/version', 'error.expected.jsstring');
  if (!groupVersions(engine, group).includes(version))
    throw new Problem(422, { message: `Group ${group} is not available in version ${version}` });
  return (tree: Tree): Tree => asAt(engine, group, version, tree);
};

/** A group and all that stands below it as at a version; the rest of the tree as it is. */
const asAt = ({ views }: Engine, group: string, version: string, tree: Tree): Tree => {
  const isIn = (id: string): boolean => id === group || isBelow(id, group);
  const outside = <V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] => [...map].filter(([id]) => !isIn(id));
  const nodes = views.groups.at(version).filter(({ id }: GroupNode) => isIn(id));
  const members = views.apps.at(version).filter(({ app }) => isIn(app));
  return {
    groups: new Map([...outside(tree.groups), ...nodes.map((node) => [node.id, node] as const)]),
    members: new Map([...outside(tree.members), ...members.map(({ app, definition }) => [app, definition] as const)]),
  };
};

const rewritten = (engine: Engine, group: string, body: Body, tree: Tree, strict: boolean, tell: (warning: string) => void): Tree => {
  const read: ReadMember = (kind, member, options) => {
    const parsed = (kind === 'app' ? readApp : readPod)(member, {
      ...options,
      strict,
      strategyProblems: engine.strategyProblems,
      countNodes: countNodes(engine),
    });
    return E.map(({ definition, advice }: ParsedApp) => {
      for (const { path, text } of advice) tell(`${definition.id}: ${path} ${text}`);
      return definition;
    })(parsed);
  };
  const after = updateGroup(body, group, tree, read);
  if (E.isLeft(after)) throw invalid(after.left);
  refuseRoleWithServices(group, tree, after.right);
  return after.right;
};

/** Marathon's rule: a role that is enforced from now on, or no longer, would mean another thing for what is written beside it. */
const refuseRoleWithServices = (group: string, before: Tree, after: Tree): void => {
  const [from, to] = [before.groups.get(group), after.groups.get(group)];
  if (from === undefined || (from.enforceRole ?? false) === (to?.enforceRole ?? false)) return;
  const changed = [...after.members].some(([id, definition]) => isBelow(id, group) && before.members.get(id) !== definition);
  if (changed) throw wrong('/enforceRole', 'cannot change in the same request as services');
};
