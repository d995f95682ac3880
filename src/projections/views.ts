import type { Views } from '../domain/ports/views.ts';
import { apps, appsView } from './apps.ts';
import { deployments, deploymentsView } from './deployments.ts';
import { groups, groupsView } from './groups.ts';
import { instances, instancesView } from './instances.ts';
import { nodes, nodesView } from './nodes.ts';
import { plans, plansView } from './plans.ts';
import { roster, rosterView } from './roster.ts';
import { createRunner, type Runner } from './runner.ts';
import { strategies, strategiesView } from './strategies.ts';

/** All live views behind one runner, so that they always stand at the same position. */
export const createViews = (): Views & Pick<Runner, 'take'> => {
  const runner = createRunner();
  return {
    roster: rosterView(runner.add(roster)),
    apps: appsView(runner.add(apps)),
    groups: groupsView(runner.add(groups)),
    plans: plansView(runner.add(plans)),
    instances: instancesView(runner.add(instances)),
    deployments: deploymentsView(runner.add(deployments)),
    nodes: nodesView(runner.add(nodes)),
    strategies: strategiesView(runner.add(strategies)),
    position: runner.position,
    take: runner.take,
  };
};
