import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alike, SmoothTurns } from '../../../../src/adapters/balancer/embedded/smooth.ts';

const countsOf = (turns: SmoothTurns, shares: ReadonlyMap<string, number>, count: number): Map<string, number> => {
  const counts = new Map<string, number>();
  for (let nth = 0; nth < count; nth++) {
    const taken = turns.next(shares);
    if (taken !== undefined) counts.set(taken, (counts.get(taken) ?? 0) + 1);
  }
  return counts;
};

test('gives everybody his share within half a point of a thousand turns, whatever the shares', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 }).filter((all) => all.some((each) => each > 0));
  fc.assert(
    fc.property(weights, (all) => {
      const sum = all.reduce((total, each) => total + each, 0);
      const shares = new Map(all.map((weight, nth) => [`${nth}`, weight / sum]));
      const counts = countsOf(new SmoothTurns(), shares, 1_000);
      for (const [name, share] of shares) expect(Math.abs((counts.get(name) ?? 0) - share * 1_000)).toBeLessThanOrEqual(5);
    }),
  );
});

test('spreads the turns of one who has most', () => {
  const turns = new SmoothTurns();
  const shares = new Map([
    ['a', 5 / 7],
    ['b', 1 / 7],
    ['c', 1 / 7],
  ]);
  expect(Array.from({ length: 7 }, () => turns.next(shares)).join('')).toBe('aabacaa');
});

test('gives nobody without a share a turn, and none where there is nobody', () => {
  const turns = new SmoothTurns();
  expect(
    countsOf(
      turns,
      new Map([
        ['a', 0],
        ['b', 1],
      ]),
      10,
    ),
  ).toEqual(new Map([['b', 10]]));
  expect(turns.next(new Map())).toBeUndefined();
});

test('favours nobody when shares are changed at every other turn', () => {
  const turns = new SmoothTurns();
  let b = 0;
  for (let nth = 0; nth < 1_000; nth++)
    if (
      turns.next(
        new Map([
          ['a', nth % 4 < 2 ? 0.9 : 0.8],
          ['b', nth % 4 < 2 ? 0.1 : 0.2],
        ]),
      ) === 'b'
    )
      b += 1;
  expect(Math.abs(b - 150)).toBeLessThanOrEqual(2);
});

test('goes on where it was when somebody is away for a turn', () => {
  const turns = new SmoothTurns();
  const taken = Array.from({ length: 6 }, (_, nth) => turns.next(alike(nth === 3 ? ['b', 'c'] : ['a', 'b', 'c'])));
  expect(new Set(taken.slice(0, 3))).toEqual(new Set(['a', 'b', 'c']));
});
