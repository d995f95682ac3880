import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import { HISTORIES, historyNames, lineOf, neverTold, storedHistory } from '../support/histories.ts';
import { otherStories } from './stories/others.ts';
import { strategyStories } from './stories/strategies.ts';
import { walkedStreams } from './stories/walked.ts';

/*
 * What stands in a log stands there for ever: a stored history is never written again. A new story gets its file, and facts that no story
 * tells a file together, by `WHARF_NEW_GOLDENS=1 npx vitest run test/history/make.test.ts test/history/histories.test.ts`.
 */
const stories = { ...strategyStories, ...otherStories };
const isMaker = process.env.WHARF_NEW_GOLDENS === '1';
/** Charts that fold streams of before, and begin none. */
const RETIRED = new Set(['rolling.v1', 'recreate.v1']);

const fileOf = (name: string): string => join(HISTORIES, `${name}.jsonl`);
const write = (name: string, facts: readonly StoredFact[]): void =>
  writeFileSync(fileOf(name), facts.map((fact) => `${lineOf(fact)}\n`).join(''));

describe('the story of each stored history', () => {
  test.runIf(isMaker).for(Object.keys(stories))('%s', { timeout: 60_000 }, async (name) => {
    if (existsSync(fileOf(name))) return;
    const world = await (stories[name] as () => ReturnType<(typeof strategyStories)[string]>)();
    expect(world.violations).toEqual([]);
    write(name, world.log.facts);
  });

  test.runIf(isMaker)('streams of charts that begin no more', () => {
    const isWanted = ({ chart, state }: { readonly chart: string; readonly state: { readonly value: string } }) =>
      RETIRED.has(chart) ? state.value : undefined;
    if (!existsSync(fileOf('retired'))) write('retired', walkedStreams(isWanted));
  });

  test.runIf(isMaker)('facts that no story tells', () => {
    const missing = new Set(neverTold(historyNames().flatMap(storedHistory)));
    const walked = walkedStreams(({ fact }) => (missing.has(fact?.type ?? '') ? fact?.type : undefined));
    if (walked.length > 0) write(`seldom-${historyNames().filter((name) => name.startsWith('seldom-')).length + 1}`, walked);
  });

  test('is stored', () => {
    for (const name of ['retired', ...Object.keys(stories)]) expect(existsSync(fileOf(name)), name).toBe(true);
  });
});
