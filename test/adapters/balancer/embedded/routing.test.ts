import { expect, test } from 'vitest';
import { hostOf, routeIndexOf, withoutPrefix } from '../../../../src/adapters/balancer/embedded/routing.ts';
import { route } from '../../../contracts/balancer.contract.ts';

const on = (id: string, hosts: readonly string[], path?: string) =>
  route({ id, listeners: ['http'], pools: [], hosts, ...(path !== undefined && { path }) });

const index = routeIndexOf([
  on('any', []),
  on('any/api', [], '/api'),
  on('exact', ['a.example.org']),
  on('wild', ['*.example.org']),
  on('deep', ['*.b.example.org']),
  on('two', ['x.test', '*.y.test'], '/v1/'),
]);

test.each([
  ['a.example.org', '/', 'exact'],
  ['a.example.org', '/api/1', 'any/api'],
  ['b.example.org', '/', 'wild'],
  ['c.b.example.org', '/', 'deep'],
  ['example.org', '/', 'any'],
  ['badexample.org', '/', 'any'],
  ['x.test', '/v1', 'two'],
  ['z.y.test', '/v1/x', 'two'],
  ['x.test', '/v10', 'any'],
  ['', '/api', 'any/api'],
  ['', '/apis', 'any'],
])('%s%s goes to %s', (host, path, id) => {
  expect(index.find(host, path)?.id).toBe(id);
});

test('finds nothing where no route is for a host', () => {
  expect(routeIndexOf([on('a', ['a.test'])]).find('b.test', '/')).toBeUndefined();
});

test('cuts a prefix off on whole segments', () => {
  expect(withoutPrefix('/api/x?y=/api', '/api')).toBe('/x?y=/api');
  expect(withoutPrefix('/api', '/api/')).toBe('/');
  expect(withoutPrefix('/api?x', '/api')).toBe('/?x');
  expect(withoutPrefix('/apis', '/api')).toBe('/apis');
});

test('reads a host without its port, case and last dot', () => {
  expect(['A.Test:80', 'a.test.', '[::1]:8080'].map((each) => hostOf(each))).toEqual(['a.test', 'a.test', '[::1]']);
});
