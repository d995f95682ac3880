import { expect, test } from 'vitest';
import { byPrecedence } from '../../../src/domain/traffic/precedence.ts';
import { sharesOf } from '../../../src/domain/traffic/shares.ts';

const pool = (version: string, servers: number, weight?: number, isDraining = false) => ({
  version,
  servers: Array.from({ length: servers }, (_, nth) => ({ instance: `${version}${nth}`, address: '::1', port: 1, isDraining })),
  ...(weight !== undefined && { weight }),
});
const shares = (...pools: readonly ReturnType<typeof pool>[]) => Object.fromEntries(sharesOf({ pools }));

test('shares follow the weights, whatever the number of servers', () => {
  expect(shares(pool('1', 5, 95), pool('2', 1, 5))).toEqual({ 1: 0.95, 2: 0.05 });
  expect(shares(pool('1', 1, 0), pool('2', 1, 3))).toEqual({ 1: 0, 2: 1 });
});

test('without weights every server is alike', () => expect(shares(pool('1', 3), pool('2', 1))).toEqual({ 1: 0.75, 2: 0.25 }));

test('who cannot answer has no share, and the others have it', () => {
  expect(shares(pool('1', 1, 50), pool('2', 0, 50))).toEqual({ 1: 1 });
  expect(shares(pool('1', 1, 0), pool('2', 1, 100, true))).toEqual({ 1: 1 });
  expect(shares(pool('1', 0, 1))).toEqual({});
});

test('routes are tried by the longest path, then by how exact their host is', () => {
  const routes = [
    { id: 'any', hosts: [] },
    { id: 'below', hosts: ['*.a.test'] },
    { id: 'deep', hosts: ['*.b.a.test', 'a.test'] },
    { id: 'path', hosts: [], path: '/api' },
  ];
  expect(byPrecedence(routes).map(({ id, hosts }) => `${id} ${hosts.join()}`)).toEqual([
    'path ',
    'deep a.test',
    'deep *.b.a.test',
    'below *.a.test',
    'any ',
  ]);
});
