import { expect, test } from 'vitest';
import { lostNeeds } from '../../../src/domain/group/lostNeeds.ts';
import type { Tree } from '../../../src/domain/group/update.ts';
import { app } from '../app/definition/support.ts';

const tree = (needs: Readonly<Record<string, readonly string[]>>, groups: Readonly<Record<string, readonly string[]>> = {}): Tree => ({
  members: new Map(Object.entries(needs).map(([id, dependencies]) => [id, app({ id, dependencies })])),
  groups: new Map(Object.entries(groups).map(([id, dependencies]) => [id, { id, dependencies }])),
});
const told = (before: Tree, after: Tree) => lostNeeds(before, after).map(({ id, dependents }) => `${id} < ${dependents.join(' ')}`);

const whole = tree({ '/db/main': [], '/a': ['/db/main'], '/b': ['/db/main', '/a'], '/c': ['/db'] }, { '/g': ['/a'] });

test.each([
  ['what goes is named with those that stay', tree({ '/db/main': [], '/b': ['/db/main', '/a'] }, { '/g': ['/a'] }), ['/a < /b /g']],
  ['a group goes with the last that stands in it', tree({ '/a': ['/db/main'], '/c': ['/db'] }), ['/db/main < /a', '/db < /c']],
  ['who goes as well loses nothing', tree({ '/db/main': [], '/a': ['/db/main'], '/c': ['/db'] }, { '/g': ['/a'] }), []],
  ['nothing goes', whole, []],
])('%s', (_, after, expected) => expect(told(whole, after)).toEqual(expected));

test('what was never there is not lost', () => {
  const needy = { '/a': ['/none', '/x'], '/x': [] };
  expect(told(tree(needy), tree({ '/a': ['/none', '/x'] }))).toEqual(['/x < /a']);
});
