import type { FastifyRequest } from 'fastify';
import type { GroupNode } from '../../../domain/group/group.facts.ts';
import { groupsAbove } from '../../../domain/group/tree.ts';
import type { Tree } from '../../../domain/group/update.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import { same } from '../../../domain/kernel/same.ts';
import type { PlanCommand } from '../../../domain/plan/plan.commands.ts';
import { PLAN } from '../../../domain/plan/plan.facts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { PlanRow, Views } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { Problem } from '../problem.ts';
import type { DeploymentResult } from './changes.ts';
import { changeTree, type TreeChange } from './groupChange.ts';

/** Another plan, back to what was there before this one. */
export const revertPlan = async (engine: Engine, request: FastifyRequest, plan: PlanRow): Promise<DeploymentResult> => {
  const result = await changeTree(engine, request, wayBack(engine, plan));
  // Nothing had been moved, so nothing moves back: no plan takes over from this one.
  const cancel: PlanCommand = { type: 'CancelPlan', reason: 'reverted before it had begun' };
  if (result.deployments.length === 0) await ask(engine, request, streamOf(PLAN, plan.id), cancel);
  return result;
};

/** Old configurations come back as themselves, so that what still runs them stays. */
export const wayBack = ({ views }: Pick<Engine, 'views'>, plan: PlanRow): TreeChange => {
  const { apps, deployments } = views;
  // What the plan has not taken yet is as it was, and stays so.
  const origins = new Map(
    plan.changes.flatMap(({ id }) => {
      const part = deployments.partOf(plan.id, id);
      if (part === undefined) return [];
      const before = part.previous && apps.versionOf(id, part.previous.version);
      if (part.previous !== undefined && before === undefined)
        throw new Problem(422, { message: `${id} is gone, and its version ${part.previous.version} is not kept any more` });
      return [[id, before] as const];
    }),
  );
  const make = ({ groups, members }: Tree): Tree => {
    const kept = new Map([
      ...[...members].filter(([id]) => !origins.has(id)),
      ...[...origins].flatMap(([id, before]) => (before === undefined ? [] : [[id, before.definition] as const])),
    ]);
    return { groups: groupsWithout(views, plan, groups, kept), members: kept };
  };
  const configVersions = new Map(
    [...origins].flatMap(([id, before]) => (before === undefined ? [] : [[id, before.configVersion] as const])),
  );
  return { group: plan.group, force: true, make, isRollback: true, configVersions };
};

/** The groups as they are, without what the plan did to them: others may have changed the tree since. */
const groupsWithout = (views: Views, { version }: PlanRow, now: Tree['groups'], members: Tree['members']): Tree['groups'] => {
  const nodesAt = (at: string): ReadonlyMap<string, GroupNode> => new Map(views.groups.at(at).map((node) => [node.id, node]));
  const [before, after] = [nodesAt(views.groups.versions().findLast((each) => each < version) ?? ''), nodesAt(version)];
  const groups = new Map(now);
  for (const node of before.values()) if (!same(node, after.get(node.id))) groups.set(node.id, node);
  for (const id of after.keys()) if (!before.has(id)) groups.delete(id);
  // What has come below a new group meanwhile keeps it.
  for (const id of [...members.keys(), ...groups.keys()].flatMap(groupsAbove))
    if (!groups.has(id)) groups.set(id, now.get(id) ?? { id, dependencies: [] });
  return groups;
};
