import type { Views } from '../../src/domain/ports/views.ts';

/**
 * Everything that can be asked of all views, as plain data. What was stored is compared with digests of this: what is added here is one more part of
 * them, and what is changed here has them written anew.
 */
export const partsToDigest = (views: Views) => {
  const apps = [...views.apps.all()];
  const instances = [...views.instances.all()];
  const ids = [...new Set([...apps.map(({ id }) => id), ...instances.map(({ app }) => app)])];
  const nodes = [...views.nodes.all()];
  const versions = [...new Set(instances.map(({ app, version }) => `${app} ${version}`))];
  return {
    roster: [...views.roster.all()].sort((a, b) => (a.stream < b.stream ? -1 : 1)),
    apps,
    perNode: [...views.apps.perNode()].sort(),
    definitions: versions.map((each) => views.apps.definition(...(each.split(' ') as [string, string]))),
    versionsBelow: [...views.apps.versionsBelow('/')].sort(),
    appsAt: views.groups.versions().map((version) => views.apps.at(version)),
    instances,
    live: [...views.instances.live()].map(({ id }) => id),
    ofApps: ids.map((id) => [
      id,
      views.instances.ofApp(id),
      views.instances.endedOf(id),
      views.instances.tallies(id),
      views.instances.forsaken(id),
      [...views.instances.statesOf(id)]
        .flatMap(([version, states]) => [...states].map(([state, count]) => [`${version} ${state}`, count]))
        .sort(),
    ]),
    counts: versions.map((each) => {
      const [app = '', version = ''] = each.split(' ');
      const slots = views.instances.slotsOf(app, version);
      return [each, [...slots], views.instances.failures(app, version), views.instances.attempts(app, version, 0)];
    }),
    onNodes: nodes.map(({ id }) => [
      id,
      views.instances
        .onNode(id)
        .map((row) => row.id)
        .sort(),
    ]),
    nodes,
    groups: { version: views.groups.version(), all: [...views.groups.all()], members: [...views.groups.members()] },
    groupsAt: views.groups.versions().map((version) => views.groups.at(version)),
    plans: views.plans.running(),
    deployments: views.deployments.running(),
    lastDeployments: apps.map(({ lastDeployment = '' }) => views.deployments.get(lastDeployment)),
    strategies: [...views.strategies.all()],
    ready: [...views.discovery.ready()]
      .map(({ app, ready }) => [app, [...ready].sort()])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    names: instances.map(({ id }) => views.discovery.tasksOf(id)),
    position: views.position(),
  };
};
