import type { RouteTable } from '../../../domain/traffic/table.ts';
import { type Changes, type Layout, lookupsOf, settle } from './layout.ts';
import { askSocket, tell } from './runtimeApi.ts';
import { type ServerStat, serverStats } from './stats.ts';

/** Whose counters those of a slot are: of the server that stands there, or stood there last. */
export type Holder = { readonly route: string; readonly app: string; readonly version: string; readonly instance: string };

/** One process that serves by one layout. It is told of what changes while it runs, also when another one has taken over from it. */
export type Worker = {
  readonly pid: number;
  readonly layout: Layout;
  /** By `backend/slot`. */
  holders(): ReadonlyMap<string, Holder>;
  /** @throws Error when it refuses a change, or is gone */
  take(table: RouteTable): Promise<void>;
  stats(): Promise<readonly ServerStat[]>;
};

export type WorkerOptions = {
  readonly pid: number;
  readonly layout: Layout;
  /** The master's: it passes commands on to the worker of a process id. */
  readonly socket: string;
  readonly lookups: string;
  /** Slots are about to go from one version to another: what they have counted so far is to be read. */
  beforeReuse(): Promise<void>;
};

export const workerOf = ({ pid, layout, socket, lookups, beforeReuse }: WorkerOptions): Worker => {
  const prefix = `@!${pid} `;
  let known = lookupsOf(layout);
  let holders = holdersOf(layout);
  return {
    pid,
    layout,
    holders: () => holders,
    take: async (table) => {
      const come: Changes['come'][number][] = [];
      const go: string[] = [];
      const present = new Map(table.routes.map((route) => [route.id, route]));
      for (const [id, place] of layout.places) {
        // Of a route that is gone nobody asks any more.
        const changes = settle(place, present.get(id) ?? { ...place.route, pools: [] });
        come.push(...changes.come);
        go.push(...changes.go);
      }
      const after = holdersOf(layout);
      if ([...after].some(([at, { version }]) => (holders.get(at)?.version ?? version) !== version)) await beforeReuse();
      holders = after;
      const wanted = lookupsOf(layout);
      await tell(socket, prefix, [
        ...come.flatMap(({ at, server, isNew }) => [
          ...(isNew ? [`set server ${at} addr ${server.address} port ${server.port}`] : []),
          `set server ${at} weight ${server.isDraining ? 0 : 1}`,
          ...(isNew ? [`set server ${at} state ready`] : []),
        ]),
        ...lookupChanges(known, wanted, lookups),
        ...go.map((at) => `set server ${at} state maint`),
      ]);
      known = wanted;
    },
    stats: async () => serverStats(await askSocket(socket, `${prefix}show stat -1 4 -1`)),
  };
};

const holdersOf = ({ places }: Layout): ReadonlyMap<string, Holder> =>
  new Map(
    [...places.values()].flatMap(({ route: { id, app }, pools }) =>
      pools.flatMap(({ backend, slots }) =>
        slots.flatMap(({ name, version, instance }): [string, Holder][] =>
          version === undefined || instance === undefined ? [] : [[`${backend}/${name}`, { route: id, app, version, instance }]],
        ),
      ),
    ),
  );

/** What is looked up by a request comes before it can be asked for, and goes after. */
const lookupChanges = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, map: string): readonly string[] => [
  ...[...after].flatMap(([key, value]) => {
    if (before.get(key) === value) return [];
    return [before.has(key) ? `set map ${map} ${key} ${value}` : `add map ${map} ${key} ${value}`];
  }),
  ...[...before.keys()].flatMap((key) => (after.has(key) ? [] : [`del map ${map} ${key}`])),
];
