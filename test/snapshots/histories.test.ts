import { beforeAll, describe, expect, it } from 'vitest';
import type { Sealer } from '../../src/domain/kernel/codec.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import type { Views } from '../../src/domain/ports/views.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { openedWhole } from '../../src/history/asOf/sealedTexts.ts';
import { canonicalJson } from '../../src/history/canonicalJson.ts';
import { runKept } from '../../src/projections/kept.ts';
import { createViews } from '../../src/projections/views.ts';
import { openViews } from '../../src/snapshots/open.ts';
import { readSnapshot } from '../../src/snapshots/snapshotFile.ts';
import { takeSnapshot } from '../../src/snapshots/take.ts';
import { dumpOf } from '../history/dump.ts';
import { diceOf } from '../simulation/dice.ts';
import { simulate } from '../simulation/simulate.ts';
import { folderForFile } from '../support/temporaryFolder.ts';
import { appendAll } from './logOf.ts';

const SEEDS = process.env.WHARF_LONG === '1' ? [11, 12, 13, 14, 15, 16, 17, 18] : [13];
const CUTS = 10;
/** Whoever was opened is known by it. */
const SEALER: Sealer = {
  seal: () => expect.unreachable('nothing is sealed here'),
  open: ({ $sealed, key }) => JSON.stringify(`${key} opens ${$sealed}`),
};
const decoded = (facts: readonly StoredFact[]) => facts.map(({ fact: _, ...stored }) => recordedOf(stored, SEALER));
const requireSame = (some: Views, others: Views): void => {
  if (canonicalJson(dumpOf(some)) !== canonicalJson(dumpOf(others))) expect(dumpOf(some)).toEqual(dumpOf(others));
  expect(canonicalJson(dumpOf(some)) === canonicalJson(dumpOf(others))).toBe(true);
};

describe.each(SEEDS)('views of the history of seed %i', { timeout: 180_000 }, (seed) => {
  const folder = folderForFile();
  const [file, snapshot] = [`${folder}/log.sqlite`, `${folder}/snapshots/views.snapshot`];
  let facts: readonly StoredFact[] = [];
  let cuts: readonly number[] = [];

  beforeAll(async () => {
    facts = (await simulate(seed)).world.log.facts;
    const dice = diceOf(seed);
    cuts = [...new Set(Array.from({ length: CUTS }, () => dice.whole(1, facts.length)))].sort((a, b) => a - b);
  });

  it('from a snapshot and the facts since are those from zero, wherever snapshots were taken, each out of the one before', async () => {
    let taken = 0;
    for (const cut of cuts) {
      await appendAll(file, facts.slice(taken, cut));
      const told = await takeSnapshot({ file, snapshot });
      expect(told).toMatchObject({ position: cut, folded: cut - taken });
      taken = cut;

      const zero = runKept();
      zero.runner.take(decoded(facts.slice(0, cut)));
      const kept = await readSnapshot(snapshot, { stands: () => true, opened: (whole) => openedWhole(SEALER.open, whole) });
      expect(kept).toEqual({ reached: zero.runner.reached(), states: zero.states });

      const views = await openViews({ file, snapshot }, SEALER.open, (text) => expect.unreachable(text));
      expect(views.position()).toBe(cut);
      const whole = createViews();
      whole.take(decoded(facts.slice(0, cut)));
      requireSame(views, whole);
      views.take(decoded(facts));
      whole.take(decoded(facts.slice(cut)));
      requireSame(views, whole);
    }
  });
});
