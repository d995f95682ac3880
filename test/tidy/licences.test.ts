import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/sources.ts';

const ALLOWED = new Set([
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'ISC',
  'MPL-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Python-2.0',
  'Unlicense',
]);

/** Packages whose package.json names no licence by its SPDX id, with what their own files say. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  ssh2: 'package.json has the old `licenses` list: MIT; its LICENSE is the MIT text',
  'cpu-features': 'as ssh2, by the same author; only an optional part of it',
  buildcheck: 'as ssh2, by the same author; only builds cpu-features',
};

type Locked = { readonly version?: string; readonly license?: string; readonly dev?: boolean; readonly link?: boolean };
type Lock = { readonly packages: Readonly<Record<string, Locked>> };

/** `A OR B` needs one that is allowed, `A AND B` both. */
const isAllowed = (licence: string): boolean => {
  const bare = licence.replace(/^\((.*)\)$/, '$1');
  if (bare.includes(' OR ')) return bare.split(' OR ').some(isAllowed);
  return bare.split(' AND ').every((each) => ALLOWED.has(each));
};

const production = (): readonly (readonly [string, Locked])[] => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  return Object.entries(packages).filter(([path, { dev, link }]) => path !== '' && dev !== true && link !== true);
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('everything that ships with us may be shipped with us', () => {
  const locked = production();
  expect(locked.length).toBeGreaterThan(0);
  const wrong = locked.filter(([path, { license }]) => EXCEPTIONS[nameOf(path)] === undefined && !isAllowed(license ?? 'none'));
  expect(wrong.map(([path, { license }]) => `${nameOf(path)}: ${license ?? 'no licence named'}`)).toEqual([]);
});

test('no exception outlives its package', () => {
  const names = new Set(production().map(([path]) => nameOf(path)));
  expect(Object.keys(EXCEPTIONS).filter((name) => !names.has(name))).toEqual([]);
});

test.for([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['MIT AND GPL-3.0', false],
  ['GPL-3.0', false],
  ['none', false],
] as const)('%s: %s', ([licence, allowed]) => {
  expect(isAllowed(licence)).toBe(allowed);
});
