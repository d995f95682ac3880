import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, sourcesUnder } from '../support/sources.ts';

type Manifest = { readonly name: string; readonly dependencies: Readonly<Record<string, string>> };
const { name: self, dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as Manifest;

/** `@scope/name` or `name`, whatever is imported of it. */
const packageOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');

test('what the sources load at run time is installed with the package', () => {
  const loaded = sourcesUnder('src')
    .flatMap(({ text }) => importsOf(text))
    .filter(({ from, isType }) => !isType && !from.startsWith('.') && !isBuiltin(from))
    .map(({ from }) => packageOf(from));
  expect(loaded).toContain('xstate');
  // A template of ours imports the package itself, where it will be.
  expect([...new Set(loaded)].filter((name) => name !== self && !(name in dependencies))).toEqual([]);
});
