import type { FastifyRequest } from 'fastify';
import { isBelow } from '../../../domain/group/tree.ts';
import type { Tree } from '../../../domain/group/update.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { PlanRow } from '../../../domain/ports/views.ts';
import type { DeploymentResult } from './changes.ts';
import { changeTree, type TreeChange } from './groupChange.ts';

/** Another plan, back to what was there before this one. */
export const revertPlan = (engine: Engine, request: FastifyRequest, plan: PlanRow): Promise<DeploymentResult> =>
  changeTree(engine, request, wayBack(engine, plan));

/** Old configurations come back as themselves, so that what still runs them stays. */
export const wayBack = ({ views }: Pick<Engine, 'views'>, plan: PlanRow): TreeChange => {
  const { apps, deployments, groups } = views;
  const origins = new Map(
    plan.changes.map(({ id }) => {
      const previous = deployments.partOf(plan.id, id)?.previous;
      const before = previous && apps.versionOf(id, previous.version);
      return [id, before] as const;
    }),
  );
  const nodesBefore = groups.at(groups.versions().findLast((version) => version < plan.version) ?? '');
  const isIn = (id: string): boolean => id === plan.group || isBelow(id, plan.group);
  const make = ({ groups: nodes, members }: Tree): Tree => ({
    groups: new Map([
      ...[...nodes].filter(([id]) => !isIn(id)),
      ...nodesBefore.flatMap((node) => (isIn(node.id) ? [[node.id, node] as const] : [])),
    ]),
    members: new Map([
      ...[...members].filter(([id]) => !origins.has(id)),
      ...[...origins].flatMap(([id, before]) => (before === undefined ? [] : [[id, before.definition] as const])),
    ]),
  });
  const configVersions = new Map(
    [...origins].flatMap(([id, before]) => (before === undefined ? [] : [[id, before.configVersion] as const])),
  );
  return { group: plan.group, force: true, make, isRollback: true, configVersions };
};
