import { expect, test } from 'vitest';
import { gateSpec, gateSpecs } from '../../../src/domain/gate/gate.facts.ts';
import { fillQuery } from '../../../src/domain/gate/query.ts';

const complaints = (spec: unknown): readonly string[] =>
  (gateSpec.safeParse(spec).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

test('a gate that asks nobody, or two, is refused with the field', () => {
  expect(complaints({ kind: 'http', name: 'smoke' })).toEqual(['url: give either url or path']);
  expect(complaints({ kind: 'http', name: 'smoke', url: 'http://a', path: '/' })).toEqual(['url: give either url or path']);
  expect(complaints({ kind: 'http', name: 'smoke', url: 'file:///etc/passwd' })).toEqual(['url: must be an http:// or https:// URL']);
});

test('a gate without a limit is refused: it could never fail', () => {
  expect(complaints({ kind: 'errorRate', name: 'e' })).toEqual(['max: give max or maxOverBaseline']);
  expect(complaints({ kind: 'latency', name: 'l' })).toEqual(['maxMs: give maxMs or maxOverBaselineMs']);
  expect(complaints({ kind: 'prometheus', name: 'p', url: 'http://a', query: 'up' })).toEqual(['max: give max, min or maxOverBaseline']);
});

test('a query with a placeholder that nobody fills is refused', () => {
  expect(complaints({ kind: 'prometheus', name: 'p', url: 'http://a', query: 'up{app="{{ap}}"}', max: 1 })).toEqual([
    'query: knows only the placeholders {{app}} and {{version}}',
  ]);
});

test('a comparison needs a query that differs by version', () => {
  expect(complaints({ kind: 'prometheus', name: 'p', url: 'http://a', query: 'up', maxOverBaseline: 1 })).toEqual([
    'maxOverBaseline: needs {{version}} in the query: both versions are asked for',
  ]);
});

test('two gates of one name are refused: their readings could not be told apart', () => {
  const gate = { kind: 'errorRate', name: 'e', max: 0.1 };
  expect(gateSpecs.safeParse([gate, gate]).success).toBe(false);
  expect(gateSpecs.safeParse([gate, { ...gate, name: 'f' }]).success).toBe(true);
});

test('what is filled into a query cannot leave its label, whichever quotes stand around it', () => {
  expect(fillQuery('rate(e{app="{{app}}",v=\'{{ version }}\'}[1m])', { app: '/shop/web', version: '2030-01-01T00:00:00.000Z' })).toBe(
    'rate(e{app="/shop/web",v=\'2030-01-01T00:00:00.000Z\'}[1m])',
  );
  expect(fillQuery('e{app="{{app}}"}', { app: 'a"} or up{b="\\\n', version: '' })).toBe('e{app="a\\x22\\x7d or up\\x7bb=\\x22\\x5c\\x0a"}');
});
