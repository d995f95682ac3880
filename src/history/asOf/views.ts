import type { StreamName } from '../../domain/kernel/ids.ts';
import type { StoredFact } from '../../domain/kernel/ports.ts';
import type { FactReader } from '../../domain/ports/factReader.ts';
import type { RosterRow, RosterView, Views } from '../../domain/ports/views.ts';
import { appsView } from '../../projections/apps.ts';
import { type Deployments, deploymentsView } from '../../projections/deployments.ts';
import { type Discovery, discoveryOf, discoveryView } from '../../projections/discovery.ts';
import { type Groups, groupsView } from '../../projections/groups.ts';
import { instancesView } from '../../projections/instances.ts';
import { type Nodes, nodesView } from '../../projections/nodes.ts';
import { type Plans, plansView } from '../../projections/plans.ts';
import { type Roles, rolesView } from '../../projections/roles.ts';
import { activeOf, kindsOf } from '../../projections/roster.ts';
import { type Strategies, strategiesView } from '../../projections/strategies.ts';
import type { AsOfState } from './state.ts';

/** The views over a state that stands still: the same ones that look at the present. */
export const viewsOver = (state: AsOfState, reader: FactReader, position: number): Views => {
  const all = instancesView(state.instances);
  const instances: Views['instances'] = {
    ...all,
    // Those that have ended are not read for it.
    live: () =>
      [...state.instances.apps.values()]
        .flatMap(({ live }) => [...live.values()])
        .sort((a, b) => state.instances.rows.cameAt(a.id) - state.instances.rows.cameAt(b.id)),
    onNode: (node) => {
      state.loadLive();
      return all.onNode(node);
    },
  };
  const rows = { apps: appsView(state.apps), instances, nodes: nodesView(state.whole.nodes as Nodes) };
  let discovery: Views['discovery'] | undefined;
  const discovered = (): Views['discovery'] => {
    discovery ??= discoveryView(discoveryOf(rows) as Discovery, rows);
    return discovery;
  };
  return {
    ...rows,
    groups: groupsView(state.whole.groups as Groups),
    plans: plansView(state.whole.plans as Plans),
    deployments: deploymentsView(state.whole.deployments as Deployments),
    strategies: strategiesView(state.whole.strategies as Strategies),
    roles: rolesView(state.whole.roles as Roles),
    roster: rosterOver(reader, position, state.unreadable),
    discovery: {
      ready: () => discovered().ready(),
      key: (key) => discovered().key(key),
      isAbove: (name) => discovered().isAbove(name),
      changedSince: (app, revision) => discovered().changedSince(app, revision),
      tasksOf: (instance) => discovered().tasksOf(instance),
      nodesRevision: () => discovered().nodesRevision(),
    },
    position: () => position,
  };
};

/** Each stream's last fact up to a position says how it stood. */
const rosterOver = (reader: FactReader, position: number, unreadable: ReadonlyMap<StreamName, string>): RosterView => {
  const get = (stream: StreamName): RosterRow | undefined => {
    if (unreadable.has(stream)) return rowOf(stream, reader.stream(stream, position));
    const last = reader.last(stream, position);
    return last === undefined ? undefined : rowOf(stream, [reader.first(stream) ?? last, last]);
  };
  const all = function* (): Generator<RosterRow, void> {
    for (const stream of reader.streams(position)) {
      const row = get(stream);
      if (row !== undefined) yield row;
    }
  };
  return { get, has: (stream) => get(stream) !== undefined, all, active: () => activeOf(all()), kinds: () => kindsOf(all()) };
};

const rowOf = (stream: StreamName, facts: readonly StoredFact[]): RosterRow | undefined => {
  const [first, last] = [facts[0], facts.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const { state, owes, due } = last.meta;
  const { revision, position } = last;
  return { stream, chart: first.meta.chart ?? '', state, owes, revision, position, ...(due !== undefined && { due }) };
};
