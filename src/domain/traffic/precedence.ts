import type { Route } from './table.ts';

type Match = Pick<Route, 'path' | 'hosts'>;

/** Exact names match most, then those below a domain, the longest domain first; no name at all matches least. */
const hostRank = ([first]: readonly string[]): number => {
  if (first === undefined) return 0;
  return first.startsWith('*') ? first.length : Number.MAX_SAFE_INTEGER;
};

/**
 * Routes of one listener in the order in which they are tried: the longest path first; of equal paths exact hosts before names below a
 * domain (the longest domain first) before any host; else as the table has them. A route stands there once for all of its exact hosts and
 * once for each of its hosts with a star.
 */
export const byPrecedence = <R extends Match>(routes: readonly R[]): readonly R[] =>
  routes
    .flatMap((route): readonly R[] => {
      const exact = route.hosts.filter((host) => !host.startsWith('*'));
      const below = route.hosts.filter((host) => host.startsWith('*'));
      return [
        ...(exact.length > 0 || below.length === 0 ? [{ ...route, hosts: exact }] : []),
        ...below.map((host) => ({ ...route, hosts: [host] })),
      ];
    })
    .toSorted((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0) || hostRank(b.hosts) - hostRank(a.hosts));
