import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_EXPRESSION_LENGTH, MAX_STEPS, MAX_TEXT_LENGTH } from '../../../src/history/bisect/assertion.ts';
import { TABLES } from '../../../src/history/bisect/tables.ts';
import { nameOf } from '../../../src/history/bisect/types.ts';
import { ROOT } from '../../support/sources.ts';

const page = readFileSync(join(ROOT, 'docs/bisect.md'), 'utf8');

test.each(Object.entries(TABLES).filter(([name]) => name !== 'ended'))(
  'the page on assertions tells of every field of %s',
  (name, { row }) => {
    const [, section = ''] = page.split(new RegExp(`^### \`${name}\`.*$`, 'm'));
    const told = (section.split('\n#')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
    expect(told).toEqual(Object.entries(row.fields).map(([field, { type, about }]) => `| \`${field}\` | ${nameOf(type)} | ${about} |`));
  },
);

test('the limits are those that hold', () => {
  expect(page).toContain(`at most ${MAX_EXPRESSION_LENGTH} characters`);
  expect([MAX_TEXT_LENGTH, MAX_STEPS]).toEqual([MAX_EXPRESSION_LENGTH, 100_000_000]);
});
