import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { learnStrategies } from '../../src/actors/strategyBook.ts';
import { evolve } from '../../src/domain/kernel/decider.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import { nounOfStream } from '../../src/domain/nouns.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { createViews } from '../../src/projections/views.ts';
import { readStrategy } from '../../src/strategyFiles.ts';
import { HISTORIES, historyNames, neverTold, storedHistory } from '../support/histories.ts';
import { plainSealer } from '../support/sealer.ts';
import { type AnyState, everyChart } from '../support/walk.ts';
import { partsToDigest } from './partsToDigest.ts';

/*
 * Whole logs that engines of before wrote, folded by this one: its charts must explain every fact, and come to the states that were written
 * beside it; its views must come out as they did. Where a view is meant to say more than before, its digests are written anew by
 * `WHARF_NEW_DIGESTS=1 npx vitest run test/history/histories.test.ts`; states are not.
 */

type Expected = {
  /** By stream: chart, state and what it owes after the last fact, and when the next timer is due. */
  readonly streams: Readonly<Record<string, string>>;
  /** By view, then by what it tells of: the start of SHA-256 over it as JSON. */
  readonly views: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

const DIGEST_CHARACTERS = 16;
const digestOf = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)) ?? '')
    .digest('hex')
    .slice(0, DIGEST_CHARACTERS);

/** The order of fields says nothing. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
};

/** What a part of a view tells of. */
const keyOf = (part: unknown, nth: number): string => {
  if (typeof part === 'string') return part;
  const { id, stream } = (part ?? {}) as { readonly id?: string; readonly stream?: string };
  if (id !== undefined || stream !== undefined) return id ?? stream ?? '';
  return Array.isArray(part) && typeof part[0] === 'string' ? part[0] : String(nth);
};

const partsOf = (view: unknown): Readonly<Record<string, unknown>> =>
  Array.isArray(view) ? Object.fromEntries(view.map((part, nth) => [keyOf(part, nth), part])) : { all: view };

const viewsOf = (facts: readonly StoredFact[]): Readonly<Record<string, Readonly<Record<string, unknown>>>> => {
  const views = createViews();
  views.take(facts.map((stored) => recordedOf(stored, plainSealer)));
  return Object.fromEntries(Object.entries(partsToDigest(views)).map(([name, view]) => [name, partsOf(view)]));
};

const historyOf = (name: string): readonly StoredFact[] => {
  const facts = storedHistory(name);
  const registrations = facts.filter(({ stream }) => stream.startsWith('strategy-'));
  learnStrategies(
    registrations.map((stored) => recordedOf(stored, plainSealer)),
    readStrategy,
  );
  return facts;
};

const expectedFile = (name: string): string => join(HISTORIES, `${name}.expected.json`);

const expectedOf = (name: string): Expected | undefined =>
  existsSync(expectedFile(name)) ? (JSON.parse(readFileSync(expectedFile(name), 'utf8')) as Expected) : undefined;

describe.for(historyNames())('the stored history %s', (name) => {
  const facts = historyOf(name);

  test('is folded by the charts that its streams name, to what was recorded with each fact', () => {
    const states = new Map<string, { readonly chart: string; readonly state: AnyState }>();
    const last: Record<string, string> = {};
    for (const stored of facts) {
      const { stream, revision, meta } = stored;
      const chartId = states.get(stream)?.chart ?? meta.chart ?? '';
      const chart = nounOfStream(stream).charts[chartId];
      if (chart === undefined) throw new Error(`${stream}: no chart '${chartId}'`);
      const state = evolve(chart, states.get(stream)?.state ?? chart.initial(), recordedOf(stored, plainSealer).fact, meta.at);
      states.set(stream, { chart: chartId, state });
      const dues = state.active.flatMap(({ timers }) => timers.map(({ due }) => due));
      const due = state.heldAt !== undefined || dues.length === 0 ? undefined : Math.min(...dues);
      expect({ state: state.value, owes: chart.owes(state), due }, `${stream} at revision ${revision}`).toEqual({
        state: meta.state,
        owes: meta.owes,
        due: meta.due,
      });
      last[stream] = [chartId, state.value, chart.owes(state), due ?? ''].join(' | ');
    }
    const expected = expectedOf(name);
    if (expected !== undefined) expect(last).toEqual(expected.streams);
    else if (process.env.WHARF_NEW_GOLDENS === '1') write(name, { streams: last, views: digestsOf(viewsOf(facts)) });
    else throw new Error(`${name} has no expectations`);
  });

  test('comes out in every view as it did', () => {
    const views = viewsOf(facts);
    const expected = expectedOf(name);
    if (expected === undefined) throw new Error(`${name} has no expectations`);
    if (process.env.WHARF_NEW_DIGESTS === '1') write(name, { ...expected, views: digestsOf(views) });
    const differing = differencesOf(expectedOf(name)?.views ?? {}, views);
    expect(differing.join('\n'), `views that differ:\n${differing.join('\n')}`).toBe('');
  });
});

const write = (name: string, expected: Expected): void => writeFileSync(expectedFile(name), `${JSON.stringify(expected, undefined, 1)}\n`);

const digestsOf = (views: ReturnType<typeof viewsOf>): Expected['views'] =>
  Object.fromEntries(
    Object.entries(views).map(([view, parts]) => [
      view,
      Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, digestOf(part)])),
    ]),
  );

/** One line for each part that is not what it was, with what it is now. */
const differencesOf = (expected: Expected['views'], views: ReturnType<typeof viewsOf>): readonly string[] => {
  const now = digestsOf(views);
  return [...new Set([...Object.keys(expected), ...Object.keys(now)])].flatMap((view) => {
    const [before, after] = [expected[view] ?? {}, now[view] ?? {}];
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);
    return keys.map((key) => `${view} ${key}: ${JSON.stringify(views[view]?.[key]) ?? 'is not there any more'}`);
  });
};

describe('the stored histories together', () => {
  const all = historyNames().flatMap(historyOf);

  test('begin a stream by every chart that there is', () => {
    const begun = new Set(all.map(({ meta }) => meta.chart));
    expect(everyChart.map(({ name }) => name).filter((name) => !begun.has(name))).toEqual([]);
  });

  test('hold every fact that is written today', () => {
    expect(neverTold(all)).toEqual([]);
  });
});
