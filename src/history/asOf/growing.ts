import { ROOT_GROUP } from '../../domain/group/group.facts.ts';
import type { StreamName } from '../../domain/kernel/ids.ts';
import { ENGINE_LEASE } from '../../domain/lease/lease.ts';
import type { FactReader } from '../../domain/ports/factReader.ts';
import type { GrowingViews } from '../../domain/ports/past.ts';
import type { RosterRow, RosterView } from '../../domain/ports/views.ts';
import { discoveryOf, discoveryOver, discoveryView } from '../../projections/discovery.ts';
import { activeOf, evolveRoster, kindsOf } from '../../projections/roster.ts';
import type { AsOfState } from './state.ts';
import { viewsOver } from './views.ts';

/** Streams of which something was said so lately may owe something still, though no view shows them any more. */
const LATELY = 10_000;

/** Views over a state that goes on from a position: whoever starts from there gives them what comes next. They are for one alone. */
export const growingViews = (state: AsOfState, reader: FactReader, position: number): GrowingViews => {
  state.loadAll();
  const base = viewsOver(state, reader, position);
  const rows = { apps: base.apps, instances: base.instances, nodes: base.nodes };
  const discovery = discoveryOf(rows);
  const discovering = discoveryOver(rows);
  const standing = rosterFrom(base.roster, () => streamsOf(base, reader, position));
  return {
    ...base,
    roster: standing.view,
    discovery: discoveryView(discovery, rows),
    position: state.position,
    take: (batch) => {
      for (const recorded of batch) {
        if (recorded.position <= state.position()) continue;
        standing.know(recorded.stream);
        state.fold(recorded);
        evolveRoster(standing.rows, recorded);
        discovering.evolve(discovery, recorded);
      }
    },
  };
};

/** What may owe something: all that has not ended, and whatever was last heard of lately. */
const streamsOf = function* (
  views: Pick<GrowingViews, 'apps' | 'instances' | 'nodes' | 'deployments' | 'plans'>,
  reader: FactReader,
  position: number,
): Generator<StreamName, void> {
  const { apps, instances, nodes, deployments, plans } = views;
  yield ENGINE_LEASE;
  yield ROOT_GROUP;
  for (const { id } of nodes.all()) yield `node-${id}`;
  for (const { id } of apps.all()) yield `app-${id}`;
  for (const { id } of deployments.running()) yield `deployment-${id}`;
  for (const { id } of plans.running()) yield `plan-${id}`;
  for (const { id } of instances.all()) yield `instance-${id}`;
  for (const { stream } of reader.page(Math.max(0, position - LATELY), position, LATELY)) yield stream;
};

const rosterFrom = (before: Pick<RosterView, 'get'>, streams: () => Iterable<StreamName>) => {
  const rows = new Map<string, RosterRow>();
  let isWhole = false;
  const know = (stream: StreamName): void => {
    if (rows.has(stream)) return;
    const row = before.get(stream);
    if (row !== undefined) rows.set(stream, { ...row });
  };
  const all = (): Iterable<RosterRow> => {
    if (!isWhole) for (const stream of streams()) know(stream);
    isWhole = true;
    return rows.values();
  };
  const view: RosterView = {
    get: (stream) => {
      know(stream);
      return rows.get(stream);
    },
    has: (stream) => {
      know(stream);
      return rows.has(stream);
    },
    all,
    active: () => activeOf(all()),
    kinds: () => kindsOf(all()),
  };
  return { rows, know, view };
};
