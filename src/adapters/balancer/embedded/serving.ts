import type { PoolCounters } from '../../../domain/ports/balancer.ts';
import type { Route, RouteTable, Server } from '../../../domain/traffic/table.ts';
import { Chooser } from './choosing.ts';
import { type RouteIndex, routeIndexOf } from './routing.ts';
import { Tally } from './tallies.ts';
import { placeOf, Upstreams } from './upstreams.ts';

/** The table as it is served: what is looked up for each request, and what outlives a change of the table. */
export class Serving {
  readonly upstreams = new Upstreams();
  readonly #choosers = new Map<string, Chooser>();
  readonly #tallies = new Map<string, Map<string, Tally>>();
  #indexes: ReadonlyMap<string, RouteIndex> = new Map();
  #table: RouteTable = { listeners: [], routes: [] };

  get table(): RouteTable {
    return this.#table;
  }

  /** From now on new requests go by this table. */
  update(table: RouteTable): void {
    this.#table = table;
    const ids = new Set(table.routes.map(({ id }) => id));
    for (const each of [this.#choosers, this.#tallies]) for (const id of each.keys()) if (!ids.has(id)) each.delete(id);
    for (const route of table.routes) {
      const known = this.#choosers.get(route.id);
      if (known === undefined) this.#choosers.set(route.id, new Chooser(route, this.upstreams));
      else known.update(route);
      for (const { version } of route.pools) this.tallyOf(route, version);
    }
    this.#indexes = new Map(
      table.listeners.map(({ id, mode }) => [
        id,
        routeIndexOf(table.routes.filter((route) => route.mode === mode && route.listeners.includes(id))),
      ]),
    );
    this.upstreams.update(openServers(table.routes));
  }

  find(listener: string, host: string, path: string): Route | undefined {
    return this.#indexes.get(listener)?.find(host, path);
  }

  chooserOf(route: Route): Chooser {
    // A request may have found its route in the table before this one.
    return this.#choosers.get(route.id) ?? new Chooser(route, this.upstreams);
  }

  tallyOf({ id }: Route, version: string): Tally {
    const tallies = this.#tallies.get(id) ?? new Map<string, Tally>();
    this.#tallies.set(id, tallies);
    const tally = tallies.get(version) ?? new Tally();
    tallies.set(version, tally);
    return tally;
  }

  /** Counts a request that nobody could be asked for with the version that should have had most. */
  unanswered(route: Route): void {
    const [first] = route.pools.toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0));
    if (first !== undefined) this.tallyOf(route, first.version).errors += 1;
  }

  counters(): readonly PoolCounters[] {
    const now = performance.now();
    return this.#table.routes.flatMap(({ id, app }) =>
      [...(this.#tallies.get(id) ?? [])].map(([version, tally]) => tally.read(id, app, version, now)),
    );
  }
}

/** By address and port. */
const openServers = (routes: readonly Route[]): ReadonlyMap<string, Server> =>
  new Map(
    routes
      .flatMap(({ pools }) => pools.flatMap(({ servers }) => servers))
      .filter(({ isDraining }) => !isDraining)
      .map((server) => [placeOf(server), server]),
  );
