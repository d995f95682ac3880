import type { Views } from '../domain/ports/views.ts';
import { apps, appsView } from './apps.ts';
import { deployments, deploymentsView } from './deployments.ts';
import { discoveryOver, discoveryView } from './discovery.ts';
import { groups, groupsView } from './groups.ts';
import { instances, instancesView } from './instances.ts';
import { nodes, nodesView } from './nodes.ts';
import { plans, plansView } from './plans.ts';
import { roles, rolesView } from './roles.ts';
import { roster, rosterView } from './roster.ts';
import { createRunner, type Runner } from './runner.ts';
import { strategies, strategiesView } from './strategies.ts';

/** All live views behind one runner, so that they always stand at the same position. */
export const createViews = (): Views & Pick<Runner, 'take'> => {
  const runner = createRunner();
  const rows = {
    apps: appsView(runner.add(apps)),
    instances: instancesView(runner.add(instances)),
    nodes: nodesView(runner.add(nodes)),
  };
  return {
    ...rows,
    roster: rosterView(runner.add(roster)),
    groups: groupsView(runner.add(groups)),
    plans: plansView(runner.add(plans)),
    deployments: deploymentsView(runner.add(deployments)),
    nodes: nodesView(runner.add(nodes)),
    strategies: strategiesView(runner.add(strategies)),
    roles: rolesView(runner.add(roles)),
    // Behind those whose rows it reads.
    discovery: discoveryView(runner.add(discoveryOver(rows)), rows),
    position: runner.position,
    take: runner.take,
  };
};
