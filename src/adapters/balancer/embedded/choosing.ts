import { isSplit, sharesOf } from '../../../domain/traffic/shares.ts';
import type { Pool, Route, Server } from '../../../domain/traffic/table.ts';
import { cookieOf, tokenOf } from './cookies.ts';
import { ownerOf } from './hashing.ts';
import { alike, SmoothTurns } from './smooth.ts';

/** Who asks. */
export type Asker = {
  readonly address: string;
  readonly cookie?: string | undefined;
  header?(name: string): string | undefined;
};

export type Choice = {
  readonly version: string;
  readonly server: Server;
  /** `Set-Cookie` lines that keep the client where he is. */
  readonly cookies: readonly string[];
};

/** What is known of servers at this moment. */
export type Servers = {
  busyWith(instance: string): number;
  /** Could not be connected to a moment ago; taken only when there is nobody else. */
  isAvoided(instance: string): boolean;
};

/** A cookie of a percentage lasts this long, seconds: 30 days. */
const TRIAL_SECONDS = 2_592_000;
/** Steps of a percentage: a hundredth of a point. */
const STEPS = 10_000;
/** Multiples of it, modulo 1, fill the interval evenly at any length. */
const GOLDEN = 0.6180339887498949;
/** Addresses that a route remembers the server of. */
const ADDRESSES_MAX = 100_000;

type Member = { readonly version: string; readonly server: Server };

/** Chooses servers for one route. It is kept when the route changes, so that turns go on where they were. */
export class Chooser {
  readonly #versions = new SmoothTurns();
  readonly #turns = new Map<string, SmoothTurns>();
  readonly #rolls = new Map<string, number>();
  /** Address → instance, the longest unused first. */
  readonly #addresses = new Map<string, string>();
  readonly #servers: Servers;
  #route: Route;
  #shares: ReadonlyMap<string, number> = new Map();

  constructor(route: Route, servers: Servers) {
    this.#servers = servers;
    this.#route = route;
    this.update(route);
  }

  update(route: Route): void {
    this.#route = route;
    this.#shares = sharesOf(route);
    const versions = new Set(route.pools.map(({ version }) => version));
    const instances = new Set(route.pools.flatMap(({ servers }) => servers.map(({ instance }) => instance)));
    this.#versions.keep(versions);
    for (const [key, turns] of this.#turns) {
      turns.keep(instances);
      if (key !== '' && !versions.has(key)) this.#turns.delete(key);
    }
  }

  /** @param tried servers that could not be connected to for this request */
  choose(asker: Asker, tried: ReadonlySet<string>): Choice | undefined {
    const cookies: string[] = [];
    const ruled = this.#byRules(asker, cookies);
    const kept = this.#kept(asker, ruled, tried);
    const chosen = kept ?? this.#fresh(asker, ruled, tried);
    if (chosen === undefined) return undefined;
    return { ...chosen, cookies: [...cookies, ...this.#stickyCookie(asker, chosen)] };
  }

  /** The version that a rule sends the request to, while it has servers. */
  #byRules(asker: Asker, cookies: string[]): string | undefined {
    for (const [nth, { version, when }] of this.#route.rules.entries()) {
      if (openOf(this.#route.pools.find((each) => each.version === version)).length === 0) continue;
      if ('header' in when) {
        if (asker.header?.(when.header) === when.equals) return version;
      } else if ('equals' in when) {
        if (cookieOf(asker.cookie, when.cookie) === when.equals) return version;
      } else if (this.#rollOf(asker, nth, version, when.cookie, cookies) < (when.percent / 100) * STEPS) return version;
    }
    return undefined;
  }

  /** Where on the scale of all clients this one stands; he keeps it, so that a share that grows keeps those that it had. */
  #rollOf(asker: Asker, nth: number, version: string, cookie: string, cookies: string[]): number {
    const [token, known] = (cookieOf(asker.cookie, cookie) ?? '').split('.');
    if (token === tokenOf(version) && /^\d{1,4}$/.test(known ?? '')) return Number(known);
    const key = `${nth}|${version}`;
    const count = (this.#rolls.get(key) ?? 0) + 1;
    this.#rolls.set(key, count);
    const roll = Math.floor(((count * GOLDEN) % 1) * STEPS);
    cookies.push(`${cookie}=${tokenOf(version)}.${roll}; Path=/; Max-Age=${TRIAL_SECONDS}; HttpOnly`);
    return roll;
  }

  #kept(asker: Asker, ruled: string | undefined, tried: ReadonlySet<string>): Member | undefined {
    const { sticky, pools } = this.#route;
    if (sticky === undefined) return undefined;
    const within = pools.filter(({ version }) => ruled === undefined || version === ruled);
    if (sticky === '') {
      const instance = this.#addresses.get(asker.address);
      return instance === undefined ? undefined : memberOf(within, (server) => server.instance === instance && !tried.has(instance));
    }
    const [server, version] = (cookieOf(asker.cookie, sticky) ?? '').split('.');
    if (server === undefined || server === '') return undefined;
    const same = memberOf(within, ({ instance }) => tokenOf(instance) === server && !tried.has(instance));
    if (same !== undefined || version === undefined) return same;
    const pool = within.find((each) => tokenOf(each.version) === version);
    return pool === undefined ? undefined : this.#within(asker, [pool], tried);
  }

  #fresh(asker: Asker, ruled: string | undefined, tried: ReadonlySet<string>): Member | undefined {
    const { pools } = this.#route;
    if (ruled === undefined && !isSplit(this.#route)) return this.#within(asker, pools, tried);
    const version = ruled ?? this.#versionFor(asker);
    const pool = pools.find((each) => each.version === version);
    // A refused request is worse than one that goes to another version.
    const others = pools.filter((each) => each !== pool).toSorted((a, b) => this.#shareOf(b) - this.#shareOf(a));
    for (const each of [...(pool === undefined ? [] : [pool]), ...others]) {
      const found = this.#within(asker, [each], tried);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #shareOf({ version }: Pool): number {
    return this.#shares.get(version) ?? 0;
  }

  #versionFor(asker: Asker): string | undefined {
    return this.#isByAddress ? ownerOf(asker.address, this.#shares) : this.#versions.next(this.#shares);
  }

  get #isByAddress(): boolean {
    return this.#route.balance === 'source' || this.#route.sticky === '';
  }

  #within(asker: Asker, pools: readonly Pool[], tried: ReadonlySet<string>): Member | undefined {
    const open = pools.flatMap((pool) => openOf(pool).map((server): Member => ({ version: pool.version, server })));
    const untried = open.filter(({ server }) => !tried.has(server.instance));
    const wanted = untried.filter(({ server }) => !this.#servers.isAvoided(server.instance));
    const able = this.#isByAddress ? untried : this.#leastBusy(wanted.length > 0 ? wanted : untried);
    if (able.length === 0) return undefined;
    const shares = alike(able.map(({ server }) => server.instance));
    const instance = this.#isByAddress
      ? ownerOf(asker.address, shares)
      : this.#turnsOf(pools.length === 1 ? (pools[0]?.version ?? '') : '').next(shares);
    const member = able.find(({ server }) => server.instance === instance);
    if (member !== undefined && this.#route.sticky === '') this.#remember(asker.address, member.server.instance);
    return member;
  }

  #leastBusy(members: readonly Member[]): readonly Member[] {
    if (this.#route.balance !== 'leastconn') return members;
    const least = Math.min(...members.map(({ server }) => this.#servers.busyWith(server.instance)));
    return members.filter(({ server }) => this.#servers.busyWith(server.instance) === least);
  }

  #turnsOf(version: string): SmoothTurns {
    const turns = this.#turns.get(version) ?? new SmoothTurns();
    this.#turns.set(version, turns);
    return turns;
  }

  #remember(address: string, instance: string): void {
    this.#addresses.delete(address);
    this.#addresses.set(address, instance);
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > ADDRESSES_MAX && oldest !== undefined) this.#addresses.delete(oldest);
  }

  #stickyCookie(asker: Asker, { version, server }: Member): readonly string[] {
    const { sticky } = this.#route;
    if (sticky === undefined || sticky === '') return [];
    const value = `${tokenOf(server.instance)}.${tokenOf(version)}`;
    return cookieOf(asker.cookie, sticky) === value ? [] : [`${sticky}=${value}; Path=/; HttpOnly`];
  }
}

const openOf = (pool: Pool | undefined): readonly Server[] => pool?.servers.filter(({ isDraining }) => !isDraining) ?? [];

const memberOf = (pools: readonly Pool[], is: (server: Server) => boolean): Member | undefined => {
  for (const pool of pools) {
    const server = openOf(pool).find(is);
    if (server !== undefined) return { version: pool.version, server };
  }
  return undefined;
};
