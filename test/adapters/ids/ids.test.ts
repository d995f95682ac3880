import { validate, version } from 'uuid';
import { describe, expect, test } from 'vitest';
import { randomIds } from '../../../src/adapters/ids/randomIds.ts';
import { seededIds } from '../../../src/adapters/ids/seededIds.ts';

describe.each([
  ['random', randomIds],
  ['seeded', () => seededIds(7)],
])('%s ids', (_, make) => {
  test('are version 8 UUIDs in lower case, and never the same', () => {
    const ids = make();
    const drawn = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(drawn).size).toBe(drawn.length);
    expect(drawn.filter((id) => !validate(id) || version(id) !== 8 || id !== id.toLowerCase())).toEqual([]);
  });
});

test('two sources of random ids share none', () => {
  const [one, other] = [randomIds(), randomIds()];
  expect(one.next().slice(0, 23)).not.toBe(other.next().slice(0, 23));
});

test('seeded ids are the same for the same seed, and others for another', () => {
  const take = (seed: number) => {
    const ids = seededIds(seed);
    return [ids.next(), ids.next()];
  };
  expect(take(1)).toEqual(take(1));
  expect(take(1)).toEqual(['00000000-0001-8000-8000-000000000000', '00000000-0001-8000-8000-000000000001']);
  expect(take(2)).not.toEqual(take(1));
});
