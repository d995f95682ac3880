import type { AppFact, AppFactOf } from '../../domain/app/app.facts.ts';
import type { GroupFact } from '../../domain/group/group.facts.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { DeploymentDifference, PlanDifference, StrategyDifference } from '../../domain/ports/difference.ts';
import type { StrategyFact } from '../../domain/strategy/strategy.facts.ts';
import type { Marker } from '../mark.ts';

/** Deployments that took or gave back the lock of an app. */
export const deploymentDifferences = (facts: readonly Recorded[], markOf: Marker): readonly DeploymentDifference[] => {
  const told = new Map<string, DeploymentDifference>();
  for (const recorded of facts) {
    const fact = recorded.fact as AppFact;
    if (fact.type === 'DeploymentBegan') told.set(fact.deployment, { ...begun(fact, recorded, markOf) });
    if (fact.type === 'DeploymentBegan' && fact.supersedes !== undefined) {
      const loser = told.get(fact.supersedes) ?? { deployment: fact.supersedes, app: keyOf(recorded.stream) };
      told.set(fact.supersedes, {
        ...loser,
        ended: { ...markOf(recorded), outcome: 'cancelled', reason: `deployment ${fact.deployment} took over` },
      });
    }
    if (fact.type !== 'DeploymentEnded') continue;
    const { deployment, outcome, reason } = fact;
    const known = told.get(deployment) ?? { deployment, app: keyOf(recorded.stream) };
    told.set(deployment, { ...known, ended: { ...markOf(recorded), outcome, ...(reason !== undefined && { reason }) } });
  }
  return [...told.values()];
};

const begun = (fact: AppFactOf<'DeploymentBegan'>, recorded: Recorded, markOf: Marker): DeploymentDifference => ({
  deployment: fact.deployment,
  app: keyOf(recorded.stream),
  strategy: fact.strategy,
  ...(fact.partOf !== undefined && { partOf: fact.partOf }),
  began: markOf(recorded),
});

/** Plans of groups that began or ended. */
export const planDifferences = (
  facts: readonly Recorded[],
  groupOf: (plan: string) => string | undefined,
  isWanted: (group: string) => boolean,
  markOf: Marker,
): readonly PlanDifference[] => {
  const told = new Map<string, PlanDifference>();
  for (const recorded of facts) {
    const fact = recorded.fact as GroupFact;
    if (fact.type === 'GroupDeploymentBegan' && isWanted(fact.group))
      told.set(fact.deployment, { plan: fact.deployment, group: fact.group, began: markOf(recorded) });
    if (fact.type !== 'GroupDeploymentEnded') continue;
    const group = told.get(fact.deployment)?.group ?? groupOf(fact.deployment);
    if (group !== undefined && !isWanted(group)) continue;
    const known = told.get(fact.deployment) ?? { plan: fact.deployment, ...(group !== undefined && { group }) };
    told.set(fact.deployment, { ...known, ended: { ...markOf(recorded), outcome: fact.outcome } });
  }
  return [...told.values()];
};

export const strategyDifferences = (facts: readonly Recorded[], markOf: Marker): readonly StrategyDifference[] =>
  facts.map((recorded) => {
    const { id, sha256 } = recorded.fact as StrategyFact;
    return { strategy: id, sha256, mark: markOf(recorded) };
  });
