import { either as E } from 'fp-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { type OpenPast, openPast } from '../../src/openPast.ts';
import { createViews } from '../../src/projections/views.ts';
import { simulate } from '../simulation/simulate.ts';
import { folderForFile } from '../support/temporaryFolder.ts';
import { dumpOf } from './dump.ts';

const SEEDS = process.env.WHARF_LONG === '1' ? [11, 12, 13, 14, 15, 16, 17, 18] : [13];
/** Few, so that a history of some hundred facts has many boundaries. */
const FACTS_PER_BOUNDARY = 37;

/** A log file with a history that the simulated engine made. */
const recordedHistory = async (seed: number, path: string): Promise<readonly StoredFact[]> => {
  const { world } = await simulate(seed);
  const log = await openSqliteLog({ path, synchronous: 'OFF' });
  for (const { stream, revision, id, type, data, meta } of world.log.facts) {
    const appended = await log.append(stream, revision - 1, [{ id, type, data, meta }]);
    if (E.isLeft(appended)) throw new Error(JSON.stringify(appended.left));
  }
  const facts = await log.readAll({ after: 0, max: 1_000_000 });
  await log.close();
  return facts;
};

describe.each(SEEDS)('the history of seed %i', { timeout: 180_000 }, (seed) => {
  const folder = folderForFile();
  let facts: readonly StoredFact[] = [];
  let past: OpenPast;
  let bare: OpenPast;

  beforeAll(async () => {
    facts = await recordedHistory(seed, `${folder}/log.sqlite`);
    past = openPast({ file: `${folder}/log.sqlite`, factsPerBoundary: FACTS_PER_BOUNDARY });
    past.catchUp();
    bare = openPast({ file: `${folder}/log.sqlite`, index: false });
  });
  afterAll(() => {
    past.close();
    bare.close();
  });

  it('has every view as of every position as the fold from zero has it, and each fact taken twice changes nothing', () => {
    expect(past.indexed()).toBe(facts.length);
    const views = createViews();
    for (const stored of facts) {
      const recorded = recordedOf(stored, { seal: () => ({ $sealed: '', key: '' }), open: () => undefined });
      views.take([recorded]);
      views.take([recorded]);
      const folded = JSON.stringify(dumpOf(views));
      if (JSON.stringify(dumpOf(past.views(stored.position))) !== folded)
        expect(dumpOf(past.views(stored.position)), `as of ${stored.position}`).toEqual(dumpOf(views));
      if (stored.position % 29 === 0) expect(JSON.stringify(dumpOf(bare.views(stored.position)))).toBe(folded);
    }
  });

  it('finds each fact by its id, what it led to, and whose stream it is in', () => {
    for (const { id, position, stream, meta } of facts) {
      expect(past.withId(id)?.position).toBe(position);
      expect(bare.withId(id)?.position).toBe(position);
      expect(past.causedBy(meta.causationId).map((each) => each.position)).toContain(position);
      if (!stream.startsWith('instance-')) continue;
      const [first] = past.stream(stream);
      expect(past.streamsOf((first?.fact as { readonly app?: string } | undefined)?.app ?? '')).toContain(stream);
    }
  });
});
