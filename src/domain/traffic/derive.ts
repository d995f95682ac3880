import type { AppDefinition } from '../app/definition/definition.ts';
import { portIndex } from '../app/definition/routes.ts';
import type { DraftListener, RouteDraft } from './draft.ts';
import { labelRoutes } from './labelRoutes.ts';
import { ownRoutes } from './ownRoutes.ts';
import { poolsOf, type Serving } from './pools.ts';
import type { TrafficSettings } from './settings.ts';
import type { Certificate, Listener, Route, RouteTable, TrafficRule } from './table.ts';
import { vipRoutes } from './vipRoutes.ts';

/** One app with what its deployment owes. */
export type AppTraffic = {
  readonly definition: AppDefinition;
  readonly instances: readonly Serving[];
  readonly weights: Readonly<Record<string, number>>;
  readonly rules: readonly TrafficRule[];
  definitionOf(version: string): AppDefinition | undefined;
};

/** Routes of one app that know where they want to be listened for, but not whether they may. */
export type AppRoutes = { readonly app: string; readonly routes: readonly (Omit<Route, 'listeners'> & Pick<RouteDraft, 'at'>)[] };

/** Whether an app is routed at all. */
export const draftsOf = (definition: AppDefinition, settings: TrafficSettings): readonly RouteDraft[] => [
  ...ownRoutes(definition, settings),
  ...labelRoutes(definition, settings),
  ...vipRoutes(definition, settings),
];

export const routesOf = ({ definition, instances, weights, rules, definitionOf }: AppTraffic, settings: TrafficSettings): AppRoutes => {
  const seen = new Map<number, number>();
  return {
    app: definition.id,
    routes: draftsOf(definition, settings).map(({ port, ...draft }) => {
      const index = portIndex(definition, port) ?? 0;
      const nth = seen.get(index) ?? 0;
      seen.set(index, nth + 1);
      return {
        ...draft,
        id: `${definition.id}:${index}${nth === 0 ? '' : `#${nth}`}`,
        app: definition.id,
        pools: poolsOf(instances, port, definitionOf, weights),
        rules: draft.mode === 'http' ? rules : [],
      };
    }),
  };
};

export type Derived = { readonly table: RouteTable; readonly warnings: readonly string[] };

type Claim = {
  readonly by: string;
  readonly listener: DraftListener;
  readonly names: Map<string, string>;
  readonly certificates: string[];
};

/**
 * One table of all apps. What two of them want is the older one's, and the other one is told.
 * @param apps the oldest first
 */
export const tableOf = (apps: readonly AppRoutes[], settings: TrafficSettings): Derived => {
  const warnings: string[] = [];
  const claims = new Map<string, Claim>();
  const routes = apps.flatMap((app) =>
    app.routes.flatMap(({ at, ...route }): readonly Route[] => {
      const heard = at.filter((listener) => {
        const no = claim(claims, route, listener, settings);
        if (no !== undefined) warnings.push(`${route.id}: ${no}`);
        return no === undefined;
      });
      return heard.length === 0 ? [] : [{ ...route, listeners: heard.map(idOf) }];
    }),
  );
  const listeners = [...claims.values()].flatMap(({ listener, certificates, names }): readonly Listener[] => {
    const { tls, ...rest } = listener;
    if (tls === undefined) return [{ ...rest, id: idOf(listener) }];
    const chosen = certificatesFor(certificates, [...names.keys()], settings, (text) => warnings.push(`${idOf(listener)}: ${text}`));
    return chosen.length === 0 ? [] : [{ ...rest, id: idOf(listener), tls: { certificates: chosen } }];
  });
  const there = new Set(listeners.map(({ id }) => id));
  return {
    table: {
      listeners: listeners.toSorted((a, b) => a.port - b.port || a.id.localeCompare(b.id)),
      routes: routes.flatMap((route) => {
        const heard = route.listeners.filter((id) => there.has(id));
        return heard.length === 0 ? [] : [{ ...route, listeners: heard }];
      }),
    },
    warnings,
  };
};

const idOf = ({ mode, address, port, tls }: DraftListener): string =>
  `${tls === undefined ? mode : mode === 'http' ? 'https' : 'tls'}:${address === '*' ? '' : `${address}:`}${port}`;

/** Takes a place for a route, or says why it can't have it. */
const claim = (
  claims: Map<string, Claim>,
  route: Pick<Route, 'id' | 'hosts' | 'path'>,
  listener: DraftListener,
  { reserved }: TrafficSettings,
): string | undefined => {
  const where = `port ${listener.port}`;
  if (reserved.includes(listener.port)) return `${where} is the server's own`;
  for (const other of claims.values()) {
    const overlaps =
      other.listener.port === listener.port &&
      (other.listener.address === listener.address || other.listener.address === '*' || listener.address === '*');
    if (!overlaps) continue;
    if (idOf(other.listener) !== idOf(listener)) return `${where} is ${idOf(other.listener)} for ${other.by}`;
    if (other.listener.acceptsProxy !== listener.acceptsProxy)
      return `${where} ${other.listener.acceptsProxy ? 'expects' : 'expects no'} PROXY protocol for ${other.by}`;
  }
  const known: Claim = claims.get(idOf(listener)) ?? { by: route.id, listener, names: new Map(), certificates: [] };
  // In TCP without TLS there is nothing that would tell routes apart.
  const names = (route.hosts.length === 0 ? [''] : route.hosts).map((host) => `${host} ${route.path?.replace(/\/+$/, '') ?? ''}`);
  for (const name of names) {
    const owner = known.names.get(name);
    if (owner !== undefined) return `${where}${name === ' ' ? '' : ` for '${name.trim()}'`} is taken by ${owner}`;
  }
  for (const name of names) known.names.set(name, route.id);
  known.certificates.push(...(listener.tls ?? []));
  claims.set(idOf(listener), known);
  return undefined;
};

/** Those that routes name, then those that fit a host, each once; the first answers where none fits. */
const certificatesFor = (
  named: readonly string[],
  claimed: readonly string[],
  { certificates }: TrafficSettings,
  warn: (text: string) => void,
): readonly Certificate[] => {
  const hosts = claimed.map((each) => each.split(' ')[0] ?? '').filter((host) => host !== '');
  for (const name of new Set(named)) if (!certificates.some((each) => each.name === name)) warn(`there is no certificate '${name}'`);
  const chosen = certificates.filter(
    ({ name, hosts: covered }) => named.includes(name) || hosts.some((host) => covered.some((by) => covers(by, host))),
  );
  const all = chosen.length > 0 ? chosen : named.length === 0 ? certificates.slice(0, 1) : [];
  if (all.length === 0) warn('has no certificate, so it is not listened on');
  return all.map(({ name: _, ...certificate }) => certificate);
};

/** A star stands for one label (RFC 6125 §6.4.3). */
const covers = (by: string, host: string): boolean => by === host || (by.startsWith('*.') && host.slice(host.indexOf('.')) === by.slice(1));
