import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourcesUnder } from '../support/sources.ts';

const EMPTY_WORDS = /(?:Manager|Helper|Util|Utils|Service|Impl)(?=[A-Z.]|$)/i;

const foldersOf = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);

test('no file is named by a word that says nothing; if one needs it, the idea has not been found yet', () => {
  // Ports of services (Marathon's word) are named by it in full.
  const named = sourcesUnder('src').filter(({ path }) => EMPTY_WORDS.test(basename(path)) && basename(path) !== 'servicePorts.ts');
  expect(named.map(({ path }) => path)).toEqual([]);
});

test('every folder directly under src/, and every adapter, tells what lives there', () => {
  const folders = [...foldersOf('src'), ...foldersOf('src/adapters')];
  expect(folders.filter((folder) => !existsSync(join(ROOT, folder, 'README.md')))).toEqual([]);
});
