import { byPrecedence } from '../../../domain/traffic/precedence.ts';
import type { Route } from '../../../domain/traffic/table.ts';

type Entry = { readonly route: Route; readonly prefix: string; readonly rank: number };

/** The routes of one listener, found by host and path. */
export type RouteIndex = { find(host: string, path: string): Route | undefined };

/** In the order of `byPrecedence`, without looking at routes of other hosts. */
export const routeIndexOf = (routes: readonly Route[]): RouteIndex => {
  const byId = new Map(routes.map((route) => [route.id, route]));
  const [exact, below, any] = [new Map<string, Entry[]>(), new Map<string, Entry[]>(), [] as Entry[]];
  for (const [rank, { id, hosts, path }] of byPrecedence(routes).entries()) {
    const entry = { route: byId.get(id) as Route, prefix: bare(path), rank };
    if (hosts.length === 0) any.push(entry);
    for (const host of hosts) {
      const [index, name] = host.startsWith('*.') ? [below, host.slice(2)] : [exact, host];
      index.set(name.toLowerCase(), [...(index.get(name.toLowerCase()) ?? []), entry]);
    }
  }
  return {
    find(host, path) {
      let best = firstOf(any, path);
      const take = (entries: readonly Entry[] | undefined): void => {
        const found = entries === undefined ? undefined : firstOf(entries, path);
        if (found !== undefined && found.rank < (best?.rank ?? Number.POSITIVE_INFINITY)) best = found;
      };
      take(exact.get(host));
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) take(below.get(host.slice(dot + 1)));
      return best?.route;
    },
  };
};

const firstOf = (entries: readonly Entry[], path: string): Entry | undefined => entries.find(({ prefix }) => isBelow(path, prefix));

const bare = (path: string | undefined): string => path?.replace(/\/+$/, '') ?? '';

/** On whole segments: `/api` has `/api` and `/api/x` below it, not `/apis`. */
const isBelow = (path: string, prefix: string): boolean =>
  prefix === '' || (path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/'));

/** The URL without a prefix of its path; unchanged where it does not begin with it. */
export const withoutPrefix = (url: string, strip: string): string => {
  const prefix = bare(strip);
  if (prefix === '' || !isBelow(pathOf(url), prefix)) return url;
  const rest = url.slice(prefix.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
};

export const pathOf = (url: string): string => {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
};

/** Of a `Host` header: lower case, without port and without the dot that ends a full name. */
export const hostOf = (header: string | undefined): string => (header ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
