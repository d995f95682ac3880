import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clashOf, cycleIn, cycleProblem, layersOf, needsOf } from '../../../src/domain/group/dependencies.ts';

const of = (id: string, ...dependencies: readonly string[]) => ({ id, dependencies });
const plain = (needs: ReturnType<typeof needsOf>) =>
  Object.fromEntries([...needs].map(([id, others]) => [id, [...others].sort()]).filter(([, others]) => others?.length !== 0));

describe('what needs what', () => {
  test('an app needs what it names', () => expect(plain(needsOf([of('/a', '/b'), of('/b')], []))).toEqual({ '/a': ['/b'] }));

  test('a dependency on a group is one on all that stands below it, at any depth', () =>
    expect(plain(needsOf([of('/a', '/g'), of('/g/x'), of('/g/h/y'), of('/gg/z')], []))).toEqual({ '/a': ['/g/h/y', '/g/x'] }));

  test('what a group depends on is needed by all that stands below it', () =>
    expect(plain(needsOf([of('/g/x'), of('/g/h/y'), of('/db')], [of('/g', '/db')]))).toEqual({ '/g/x': ['/db'], '/g/h/y': ['/db'] }));

  test('a group on a group is each on each', () =>
    expect(plain(needsOf([of('/g/x'), of('/g/y'), of('/k/z'), of('/k/w')], [of('/g', '/k')]))).toEqual({
      '/g/x': ['/k/w', '/k/z'],
      '/g/y': ['/k/w', '/k/z'],
    }));

  test('what is named and not there is needed by nobody', () => expect(plain(needsOf([of('/a', '/nowhere')], []))).toEqual({}));
});

describe('a cycle', () => {
  test('is named from where it closes, the first again at the end', () =>
    expect(cycleIn(needsOf([of('/start', '/a'), of('/a', '/b'), of('/b', '/c'), of('/c', '/a')], []))).toEqual(['/a', '/b', '/c', '/a']));

  test('may be of one', () => expect(cycleIn(needsOf([of('/a', '/a')], []))).toEqual(['/a', '/a']));

  test('may go through a group', () =>
    expect(cycleIn(needsOf([of('/g/x'), of('/db', '/g')], [of('/g', '/db')]))).toEqual(['/g/x', '/db', '/g/x']));

  test('is no way that two take to the same', () =>
    expect(cycleIn(needsOf([of('/a', '/b', '/c'), of('/b', '/d'), of('/c', '/d'), of('/d')], []))).toBeUndefined());

  test('is told in the words of the API', () =>
    expect(cycleProblem(needsOf([of('/a', '/b'), of('/b', '/a')], []))).toMatchObject({
      code: 'invalid',
      details: { details: [{ path: '/dependencies', errors: ['Dependency graph has cyclic dependencies: /a → /b → /a.'] }] },
    }));

  test('is found in a chain of many thousands', () => {
    const chain = Array.from({ length: 20_000 }, (_, n) => of(`/a${n}`, `/a${(n + 1) % 20_000}`));
    expect(cycleIn(needsOf(chain, []))).toHaveLength(20_001);
    expect(cycleIn(needsOf(chain.slice(0, -1), []))).toBeUndefined();
  });
});

describe('layers', () => {
  const layers = (...members: readonly ReturnType<typeof of>[]) =>
    layersOf(
      members.map(({ id }) => id),
      needsOf(members, []),
    );

  test('follow the longest path, each layer in the order of its ids', () =>
    expect(layers(of('/web', '/api', '/cache'), of('/api', '/db'), of('/cache'), of('/db'))).toEqual([
      ['/cache', '/db'],
      ['/api'],
      ['/web'],
    ]));

  test('of some count those that they need among the others, too', () => {
    const needs = needsOf([of('/web', '/api'), of('/api', '/db'), of('/db')], []);
    expect(layersOf(['/web', '/db'], needs)).toEqual([['/db'], ['/web']]);
  });

  test('of a chain of many thousands are as many', () => {
    const chain = Array.from({ length: 20_000 }, (_, n) => of(`/a${n}`, ...(n === 0 ? [] : [`/a${n - 1}`])));
    expect(layers(...chain)).toHaveLength(20_000);
  });

  test('come to an end for any graph, with cycles or without, and hold each member once', () => {
    const graph = fc.array(fc.array(fc.nat(11), { maxLength: 4 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(graph, (edges) => {
        const members = edges.map((others, n) => of(`/a${n}`, ...others.map((other) => `/a${other}`)));
        const needs = needsOf(members, []);
        const found = layers(...members);
        expect(found.flat().sort()).toEqual(members.map(({ id }) => id).sort());
        if (cycleIn(needs) !== undefined) return;
        const layerOf = new Map(found.flatMap((layer, nth) => layer.map((id) => [id, nth] as const)));
        for (const [id, others] of needs) {
          const deepest = Math.max(-1, ...[...others].map((other) => layerOf.get(other) ?? Number.NaN));
          expect(layerOf.get(id)).toBe(deepest + 1);
        }
      }),
    );
  });
});

describe('an id', () => {
  test.each([
    ['/shop', 'An app or pod with id [/shop] is in conflict with the group of that id.'],
    ['/shop/web/deeper', 'The group [/shop/web] of [/shop/web/deeper] is in conflict with the app or pod of that id.'],
    ['/shop/web/deeper/still', 'The group [/shop/web] of [/shop/web/deeper/still] is in conflict with the app or pod of that id.'],
    ['/shop/other', undefined],
    ['/shop/web', undefined],
    ['/shopping', undefined],
  ] as const)('%s as an app: %s', (id, clash) =>
    expect(
      clashOf(
        id,
        (each) => each === '/shop/web',
        (each) => each === '/shop',
      ),
    ).toBe(clash),
  );
});
