import { expect, test } from 'vitest';
import { conduct, isOutdated, type Present, type There, unknownOf } from '../../../src/domain/deployment/conduct.ts';
import type { Tally } from '../../../src/domain/deployment/deployment.facts.ts';

const tally = (live: number, ready = live, leaving = 0): Tally => ({ live, ready, leaving, failed: 0 });
const row = (version: string, slot: number, state = 'running.checked.ready'): Present => ({
  id: `${version}${slot}`,
  version,
  slot,
  attempt: 1,
  state,
});

const there = (rows: readonly Present[], more: Partial<There<Present>> = {}): There<Present> => ({
  tallies: Object.fromEntries([...Map.groupBy(rows, ({ version }) => version)].map(([version, all]) => [version, tally(all.length)])),
  pending: () => 0,
  heldBack: () => 0,
  unknown: new Set(),
  live: () => rows,
  forsaken: () => [],
  isAwaited: false,
  pick: (from, most) => from.slice(0, Math.max(0, most)).map(({ id }) => id),
  ...more,
});

test('as many are asked for as there is room for, those on their way out and those asked for already included', () => {
  const tallies = { old: tally(2, 2, 1) };
  const starts = (pending: number) =>
    conduct(
      { slots: { old: 2, new: 3 }, retire: [], most: 5 },
      there([], { tallies, pending: (version) => (version === 'new' ? pending : 0) }),
    ).starts;
  expect(starts(0)).toEqual([['new', 2]]);
  expect(starts(1)).toEqual([['new', 1]]);
  expect(starts(2)).toEqual([]);
});

test('of what is too much those that do not serve go first', () => {
  const rows = [row('old', 0), row('old', 1, 'running.checked.unhealthy')];
  expect(conduct({ slots: { old: 1 }, retire: [] }, there(rows)).stops.map(({ row: { id } }) => id)).toEqual(['old1']);
});

test('nobody is stopped of a version of which more is there than its owner knows, nor where all are to be kept', () => {
  const rows = [row('old', 0), row('old', 1)];
  const unknown = unknownOf({ old: tally(1) }, { old: tally(2) });
  expect([...unknown]).toEqual(['old']);
  expect(conduct({ slots: {}, retire: [] }, there(rows, { unknown })).stops).toEqual([]);
  expect(conduct({ slots: {}, retire: [], keeps: true }, there(rows)).stops).toEqual([]);
  expect(conduct({ slots: {}, retire: [] }, there(rows)).stops).toHaveLength(2);
});

test('who does not know that less is there looks again first, and so does who never looked where something is', () => {
  expect(isOutdated({ old: tally(2) }, { old: tally(2, 1) }, true)).toBe(true);
  expect(isOutdated({ old: tally(2) }, { old: tally(3) }, true)).toBe(false);
  expect(isOutdated(undefined, {}, false)).toBe(false);
  expect(isOutdated(undefined, { new: tally(1) }, false)).toBe(true);
});
