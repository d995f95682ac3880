import type { Views } from '../domain/ports/views.ts';
import { appsView } from './apps.ts';
import { deploymentsView } from './deployments.ts';
import { discoveryOnceAsked, onceAskedView } from './discovery.ts';
import { groupsView } from './groups.ts';
import { instancesView } from './instances.ts';
import { runKept, type ViewsAt } from './kept.ts';
import { nodesView } from './nodes.ts';
import { plansView } from './plans.ts';
import { rolesView } from './roles.ts';
import { rosterView } from './roster.ts';
import type { Runner } from './runner.ts';
import { strategiesView } from './strategies.ts';

/** All live views behind one runner, so that they always stand at the same position. @param from where they go on; from the log's beginning where absent */
export const createViews = (from?: ViewsAt): Views & Pick<Runner, 'take'> => {
  const { runner, states } = runKept(from);
  const rows = { apps: appsView(states.apps), instances: instancesView(states.instances), nodes: nodesView(states.nodes) };
  return {
    ...rows,
    roster: rosterView(states.roster),
    groups: groupsView(states.groups),
    plans: plansView(states.plans),
    deployments: deploymentsView(states.deployments),
    strategies: strategiesView(states.strategies),
    roles: rolesView(states.roles),
    // Behind those whose rows it reads.
    discovery: onceAskedView(runner.add(discoveryOnceAsked(rows)), rows),
    position: runner.position,
    take: runner.take,
  };
};
