import { createHash } from 'node:crypto';
import { isSplit, sharesOf } from '../../../domain/traffic/shares.ts';
import type { Route, RouteTable, Server } from '../../../domain/traffic/table.ts';

/*
 * Where servers stand in one worker. Each route has a backend for all servers alike (`.c`) and some for one version each (`.v0`, `.v1` …),
 * all with slots that servers are put into and taken out of while it runs. A worker is replaced only when a route does not fit any more.
 */

/** Slots of a backend at least; a rolling update of a small app finds room without a new worker. */
export const SLOTS_MIN = 8;
/** Beside a version and its successor there is room for so many that are still on their way out. */
const SLOTS_SPARE = 2;
/** Backends of single versions that a route has from the beginning: the old and the new one. */
export const VERSION_POOLS_MIN = 2;
/** Steps of a split: a share is exact to a millionth. */
export const DICE = 1_000_000;

export type Slot = {
  readonly name: string;
  server: Server | undefined;
  /** Of the server that stands here, or stood here last. */
  version: string | undefined;
  instance: string | undefined;
  /** Rises with each change, so that the slot that has been free the longest is taken first. */
  changed: number;
};

export type SlotPool = {
  /** Appended to the route's key. */
  readonly suffix: string;
  readonly backend: string;
  /** Absent of the one for all, and of one that no version needs. */
  version: string | undefined;
  readonly slots: readonly Slot[];
};

/** One route in one worker. */
export type Place = { readonly key: string; route: Route; readonly pools: readonly SlotPool[] };

export type Layout = {
  /** What can't change while the worker runs. */
  readonly structure: string;
  readonly places: ReadonlyMap<string, Place>;
};

/** Names of HAProxy take no slash; the hash keeps apart what reads alike. */
export const keyOf = (id: string): string =>
  `${id.replace(/^\//, '').replace(/[^A-Za-z0-9-]/g, '_')}.${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;

/** Stands for an instance in a cookie. */
export const tokenOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 16);

export const structureOf = ({ listeners, routes }: RouteTable): string =>
  JSON.stringify([listeners, routes.map(({ pools: _, ...route }) => route)]);

const versionsOf = ({ pools, rules }: Route): readonly string[] => [
  ...new Set([...pools.map(({ version }) => version), ...rules.map(({ version }) => version)]),
];

const serversNeeded = (route: Route): number =>
  isSplit(route)
    ? Math.max(0, ...route.pools.map(({ servers }) => servers.length))
    : route.pools.reduce((sum, { servers }) => sum + servers.length, 0);

/**
 * Room for a roll before it begins: while one version takes the place of another, the larger of them stays as large as it was, so that
 * this grows with an app and never in the midst of its update.
 */
const slotsWanted = (route: Route): number =>
  Math.max(serversNeeded(route), 2 * Math.max(0, ...route.pools.map(({ servers }) => servers.length)) + SLOTS_SPARE);

const poolsNeeded = (route: Route): number => (isSplit(route) ? versionsOf(route).length : 0);

/** Whether a worker can be told of the table while it runs. */
export const fits = (layout: Layout, table: RouteTable): boolean =>
  layout.structure === structureOf(table) &&
  table.routes.every((route) => {
    const pools = layout.places.get(route.id)?.pools ?? [];
    return (pools[0]?.slots.length ?? 0) >= slotsWanted(route) && pools.length - 1 >= poolsNeeded(route);
  });

/** The layout of a new worker, in which everybody stays where the one before had them as far as possible. */
export const layoutOf = (table: RouteTable, before: Layout | undefined): Layout => {
  const places = table.routes.map((route): [string, Place] => {
    const known = before?.places.get(route.id)?.pools;
    const key = keyOf(route.id);
    const slots = Math.max(SLOTS_MIN, known?.[0]?.slots.length ?? 0, 2 ** Math.ceil(Math.log2(slotsWanted(route))));
    const versions = Math.max(VERSION_POOLS_MIN, (known?.length ?? 1) - 1, poolsNeeded(route));
    const pools = ['.c', ...Array.from({ length: versions }, (_, nth) => `.v${nth}`)].map((suffix, nth): SlotPool => {
      const old = known?.[nth];
      return {
        suffix,
        backend: `${key}${suffix}`,
        version: old?.version,
        slots: Array.from({ length: slots }, (_, at) => ({
          name: `s${at}`,
          server: old?.slots[at]?.server,
          version: old?.slots[at]?.version,
          instance: old?.slots[at]?.instance,
          changed: old?.slots[at]?.changed ?? 0,
        })),
      };
    });
    const place: Place = { key, route, pools };
    settle(place, route);
    return [route.id, place];
  });
  return { structure: structureOf(table), places: new Map(places) };
};

/** What is to be told to a worker, in this order: who comes, how requests are split, who goes. */
export type Changes = {
  readonly come: readonly { readonly at: string; readonly server: Server; readonly isNew: boolean }[];
  readonly go: readonly string[];
};

/** Puts the servers of a route into its slots as far as there is room, and answers what that changes. */
export const settle = (place: Place, route: Route): Changes => {
  place.route = route;
  const [common, ...versions] = place.pools;
  const come: Changes['come'][number][] = [];
  const go: string[] = [];
  const isDivided = isSplit(route);
  const needed = isDivided ? versionsOf(route) : [];
  for (const pool of versions) if (pool.version !== undefined && !needed.includes(pool.version)) pool.version = undefined;
  for (const version of needed) {
    if (versions.some((pool) => pool.version === version)) continue;
    const free = versions.find((pool) => pool.version === undefined);
    if (free !== undefined) free.version = version;
  }
  const all = route.pools.flatMap(({ version, servers }) => servers.map((server) => ({ version, server })));
  for (const pool of place.pools) {
    const wanted = all.filter(({ version }) => (pool === common ? !isDivided : pool.version === version));
    fill(pool, wanted, come, go);
  }
  return { come, go };
};

const fill = (
  { backend, slots }: SlotPool,
  wanted: readonly { readonly version: string; readonly server: Server }[],
  come: Changes['come'][number][],
  go: string[],
): void => {
  const missing = new Map(wanted.map((each) => [each.server.instance, each]));
  for (const slot of slots) {
    if (slot.server === undefined) continue;
    const still = missing.get(slot.server.instance);
    if (still === undefined) {
      slot.server = undefined;
      slot.changed = nextChange();
      go.push(`${backend}/${slot.name}`);
      continue;
    }
    missing.delete(slot.server.instance);
    const { server } = still;
    const isElsewhere = server.address !== slot.server.address || server.port !== slot.server.port;
    if (isElsewhere || server.isDraining !== slot.server.isDraining)
      come.push({ at: `${backend}/${slot.name}`, server, isNew: isElsewhere });
    slot.server = server;
  }
  const free = slots.filter(({ server }) => server === undefined).toSorted((a, b) => a.changed - b.changed);
  for (const { version, server } of missing.values()) {
    const slot = free.shift();
    if (slot === undefined) return;
    Object.assign(slot, { server, version, instance: server.instance, changed: nextChange() });
    come.push({ at: `${backend}/${slot.name}`, server, isNew: true });
    const gone = go.indexOf(`${backend}/${slot.name}`);
    if (gone >= 0) go.splice(gone, 1);
  }
};

let changes = 0;
const nextChange = (): number => ++changes;

/**
 * What a worker looks up at each request: `w|route` → where each of its backends ends on the dice, `s|route|cookie` → the slot of a client
 * that came before, `t|backend/slot` → the cookie that names it.
 */
export const lookupsOf = ({ places }: Layout): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const place of places.values()) {
    found.set(`w|${place.key}`, thresholdsOf(place).join(':'));
    if (place.route.sticky === undefined || place.route.sticky === '') continue;
    for (const { suffix, backend, slots } of place.pools)
      for (const { name, server } of slots) {
        if (server === undefined || server.isDraining) continue;
        found.set(`s|${place.key}|${tokenOf(server.instance)}`, `${suffix}/${name}`);
        found.set(`t|${backend}/${name}`, tokenOf(server.instance));
      }
  }
  return found;
};

/** For each backend where its share ends, 0…DICE; what a roll is below of first takes the request. */
const thresholdsOf = ({ route, pools }: Place): readonly number[] => {
  if (!isSplit(route)) return pools.map(() => DICE);
  const shares = sharesOf(route);
  let sum = 0;
  return pools.map(({ version }) => {
    sum += version === undefined ? 0 : (shares.get(version) ?? 0);
    return Math.round(sum * DICE);
  });
};
