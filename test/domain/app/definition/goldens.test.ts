import { readdirSync, readFileSync } from 'node:fs';
import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { renderApp } from '../../../../src/domain/app/definition/definition.ts';
import { parseApp } from '../../../../src/domain/app/definition/parse.ts';

const folder = new URL('../../../goldens/definitions/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !name.endsWith('.normalised.json'))
  .map((name) => name.slice(0, -'.json'.length));

const parsed = (name: string) => {
  const result = parseApp(JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')));
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};

describe('definitions as people write them', () => {
  test('there are some', () => expect(names.length).toBeGreaterThanOrEqual(15));

  test.each(names)('%s is normalised as its golden says', async (name) => {
    const rendered = `${JSON.stringify(renderApp(parsed(name)), null, 2)}\n`;
    await expect(rendered).toMatchFileSnapshot(new URL(`${name}.normalised.json`, folder).pathname);
  });

  test.each(names)('%s is the same after it was read back and written again', (name) => {
    const once = parsed(name);
    expect(parseApp(JSON.parse(JSON.stringify(renderApp(once))))).toEqual(E.right(once));
  });

  test.each(names)('%s is the same after a partial update that changes nothing', (name) => {
    const once = parsed(name);
    expect(parseApp({}, { pathId: once.id, base: once })).toEqual(E.right(once));
  });
});
