import { APP, type AppFact } from '../../../domain/app/app.facts.ts';
import { DEPLOYMENT } from '../../../domain/deployment/deployment.facts.ts';
import { type GroupFact, ROOT_GROUP } from '../../../domain/group/group.facts.ts';
import { isBelow } from '../../../domain/group/tree.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import { PLAN } from '../../../domain/plan/plan.facts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';

/* Stories of groups and of the plans that move them. All of a story stands in a few streams that name each other, so none of these scans the log. */

/** All that changed a group or what stands below it as a whole, with the plans that did, and the requests that asked. */
export const groupHistory = async (engine: Engine, group: string): Promise<readonly StoredFact[]> => {
  const isIn = (id: string): boolean => id === group || isBelow(id, group);
  const plans = new Set<string>();
  const own = (await engine.log.readStream(ROOT_GROUP)).filter((stored) => {
    const fact = engine.decode(stored).fact as GroupFact;
    switch (fact.type) {
      case 'GroupsChanged':
        return [...fact.put.map(({ id }) => id), ...fact.removed].some(isIn);
      case 'MembersClaimed':
        return fact.members.some(({ id }) => isIn(id));
      case 'MembersReleased':
        return fact.ids.some(isIn);
      case 'GroupDeploymentBegan': {
        const moves = isIn(fact.group) || fact.steps.some(({ actions }) => actions.some(({ id }) => isIn(id)));
        if (moves) plans.add(fact.deployment);
        return moves;
      }
      case 'MemberChangePlanned':
        return plans.has(fact.deployment) && isIn(fact.id);
      default:
        return plans.has(fact.deployment);
    }
  });
  const moved = await Promise.all([...plans].map((plan) => engine.log.readStream(streamOf(PLAN, plan))));
  return withRequests(engine, [...own, ...moved.flat()]);
};

/** One plan from the change that wanted it to its end, with each deployment that was its part. */
export const planHistory = async (engine: Engine, plan: string): Promise<readonly StoredFact[]> => {
  const { log } = engine;
  const members = new Set<string>();
  const ofTree = (await log.readStream(ROOT_GROUP)).filter((stored) => {
    const fact = engine.decode(stored).fact as GroupFact;
    if (!('deployment' in fact) || fact.deployment !== plan) return false;
    if (fact.type === 'MemberChangePlanned') members.add(fact.id);
    return true;
  });
  const parts = await Promise.all([...members].map((member) => partHistory(engine, plan, member)));
  return withRequests(engine, [...ofTree, ...(await log.readStream(streamOf(PLAN, plan))), ...parts.flat()]);
};

const partHistory = async (engine: Engine, plan: string, member: string): Promise<readonly StoredFact[]> => {
  const { log } = engine;
  const parts = new Set<string>();
  const ofApp = (await log.readStream(streamOf(APP, member))).filter((stored) => {
    const fact = engine.decode(stored).fact as AppFact;
    if (fact.type === 'DeploymentBegan' && fact.partOf === plan) parts.add(fact.deployment);
    return 'deployment' in fact && parts.has(fact.deployment);
  });
  const moved = await Promise.all([...parts].map((part) => log.readStream(streamOf(DEPLOYMENT, part))));
  return [...ofApp, ...moved.flat()];
};

/** Facts in the order of the log, with the requests that they go back to. */
const withRequests = async ({ log }: Engine, facts: readonly StoredFact[]): Promise<readonly StoredFact[]> => {
  const roots = new Set(facts.map(({ meta }) => meta.correlationId));
  const asked = await Promise.all([...roots].map((id) => log.readStream(streamOf('request', id))));
  return [...facts, ...asked.flat()].sort((a, b) => a.position - b.position);
};
