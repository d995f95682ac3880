import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { parseApp } from '../../../src/domain/app/definition/parse.ts';
import type { GroupNode } from '../../../src/domain/group/group.facts.ts';
import { type ReadMember, rolesIn, scaleGroup, type Tree, updateGroup, withoutGroup } from '../../../src/domain/group/update.ts';
import { definitionOf } from '../../support/definitions.ts';

const read: ReadMember = (_, body, options) => parseApp(body, options);
const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', ...over });
const node = (id: string, over: Partial<GroupNode> = {}): GroupNode => ({ id, dependencies: [], ...over });
const tree = (groups: readonly GroupNode[], ...ids: readonly string[]): Tree => ({
  groups: new Map(groups.map((each) => [each.id, each])),
  members: new Map(ids.map((id) => [id, definitionOf({ id })])),
});
const there = tree([node('/shop'), node('/shop/jobs'), node('/base')], '/shop/web', '/shop/api', '/shop/jobs/clock', '/base/db');

const updated = (input: unknown, group = '/shop', before = there): Tree => {
  const result = updateGroup(input, group, before, read);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left.details));
  return result.right;
};
const errors = (input: unknown, group = '/shop', before = there): Readonly<Record<string, string>> => {
  const result = updateGroup(input, group, before, read);
  if (E.isRight(result)) throw new Error('it was taken');
  return Object.fromEntries(result.left.details.map(({ path, errors: all }) => [path, all.join('; ')]));
};
const members = ({ members: all }: Tree) => [...all.keys()].sort();
const groups = ({ groups: all }: Tree) => [...all.keys()].sort();

describe('what a write lists', () => {
  test('replaces what stands directly in the group', () =>
    expect(members(updated({ apps: [app('web'), app('new')] }))).toEqual(['/base/db', '/shop/jobs/clock', '/shop/new', '/shop/web']));

  test('replaces the groups below it with all that stands in them', () => {
    const now = updated({ groups: [{ id: 'other', apps: [app('x')] }] });
    expect(members(now)).toEqual(['/base/db', '/shop/api', '/shop/other/x', '/shop/web']);
    expect(groups(now)).toEqual(['/base', '/shop', '/shop/other']);
  });

  test('and does not list stays as it is', () => {
    expect(updated({})).toEqual(there);
    expect(members(updated({ apps: null, groups: undefined, pods: [] }))).toEqual(members(there));
  });

  test('as nothing is removed', () => expect(members(updated({ apps: [], groups: [] }))).toEqual(['/base/db']));

  test('reaches only as far as its group', () =>
    expect(members(updated({ apps: [app('solo')] }, '/'))).toEqual(['/base/db', '/shop/api', '/shop/jobs/clock', '/shop/web', '/solo']));
});

describe('ids', () => {
  test('are read from where they stand: relative, nested or absolute', () => {
    const input = {
      apps: [app('a', { dependencies: ['b', '../base/db', '/else'] }), app('/shop/b'), app('./c')],
      groups: [{ id: 'inner', apps: [app('d'), app('../inner/e')], groups: [{ id: '/shop/inner/deep', dependencies: ['../d'] }] }],
      dependencies: ['../base'],
    };
    const now = updated(input, '/shop', tree([]));
    expect(members(now)).toEqual(['/shop/a', '/shop/b', '/shop/c', '/shop/inner/d', '/shop/inner/e']);
    expect(now.members.get('/shop/a')?.dependencies).toEqual(['/shop/b', '/base/db', '/else']);
    expect(now.groups.get('/shop')?.dependencies).toEqual(['/base']);
    expect(now.groups.get('/shop/inner/deep')?.dependencies).toEqual(['/shop/inner/d']);
  });

  test('make the groups above them', () => expect(groups(updated({ apps: [] }, '/x/y/z', tree([])))).toEqual(['/x', '/x/y', '/x/y/z']));
});

describe('refused', () => {
  test.each([
    ['what is no object', [], { '/': 'error.expected.jsobject' }],
    ['apps that are no list', { apps: {} }, { '/apps': 'error.expected.jsarray' }],
    ['groups that are no list', { groups: 'x' }, { '/groups': 'error.expected.jsarray' }],
    ['a group that is no object', { groups: [1] }, { '/groups(0)': 'error.expected.jsobject' }],
    ['a group without an id', { groups: [{}] }, { '/groups(0)/id': 'error.path.missing' }],
    ['dependencies that are no list of ids', { dependencies: [1] }, { '/dependencies': 'error.expected.jsarray' }],
    [
      'an app of another group',
      { apps: [app('/base/x')] },
      { '/apps(0)/id': 'Identifier /base/x is not child of /shop. Hint: use relative paths.' },
    ],
    [
      'an app that is deeper',
      { apps: [app('jobs/x')] },
      { '/apps(0)/id': 'Identifier /shop/jobs/x is not child of /shop. Hint: use relative paths.' },
    ],
    [
      'a group of another group',
      { groups: [{ id: '/base/x' }] },
      { '/groups(0)/id': 'Identifier /base/x is not child of /shop. Hint: use relative paths.' },
    ],
    ['an app twice', { apps: [app('x'), app('/shop/x')] }, { '/apps(1)/id': '/shop/x is there twice' }],
    ['a group twice', { groups: [{ id: 'x' }, { id: './x' }] }, { '/groups(1)/id': '/shop/x is there twice' }],
    [
      'an app of the id of a group',
      { apps: [app('jobs')] },
      { '/apps(0)/id': 'An app or pod with id [/shop/jobs] is in conflict with the group of that id.' },
    ],
    [
      'a group of the id of an app',
      { groups: [{ id: 'web' }] },
      { '/groups(0)/id': 'An app or pod with the path [/shop/web] already exists.' },
    ],
    [
      'a role enforced in the depth',
      { groups: [{ id: 'x', enforceRole: true }] },
      { '/groups(0)/enforceRole': 'enforceRole is only possible for top-level groups.' },
    ],
    ['a role that is no yes or no', { enforceRole: 'yes' }, { '/enforceRole': 'error.expected.jsboolean' }],
  ])('is %s', (_, input, expected) => expect(errors(input)).toEqual(expected));

  test('is what is wrong with an app, with the path from the top', () => {
    const input = {
      groups: [{ id: 'a' }, { id: 'b', apps: [app('x', { cpus: -1 }), app('y', { container: { portMappings: [{ hostPort: -1 }] } })] }],
    };
    expect(Object.keys(errors(input))).toEqual(
      expect.arrayContaining(['/groups(1)/apps(0)/cpus', expect.stringMatching(/^\/groups\(1\)\/apps\(1\)\/container\/portMappings\(0\)/)]),
    );
  });

  test('is all of it at once', () =>
    expect(Object.keys(errors({ apps: [app('/base/x'), app('ok'), app('ok')], groups: [{}] })).sort()).toEqual([
      '/apps(0)/id',
      '/apps(2)/id',
      '/groups(0)/id',
    ]));

  test.each(['restart', 'tasks', 'versions'])('is a group that ends in %s', (name) =>
    expect(errors({ groups: [{ id: name }] })).toHaveProperty('/groups(0)/id'),
  );
});

describe('roles', () => {
  test('are a choice, or the one that the top-level group enforces', () => {
    expect(rolesIn('/', there)).toEqual(['*']);
    expect(rolesIn('/shop/jobs', there)).toEqual(['*', 'shop']);
    expect(rolesIn('/shop/jobs', tree([node('/shop', { enforceRole: true })]))).toEqual(['shop']);
  });
  test('hold for what is written in the same breath', () =>
    expect(updated({ enforceRole: true, apps: [app('x')] }, '/shop', tree([])).members.get('/shop/x')?.role).toBe('shop'));
});

describe('a group as a whole', () => {
  test('goes with all that stands below it; of the root all goes', () => {
    expect(members(withoutGroup('/shop', there))).toEqual(['/base/db']);
    expect(groups(withoutGroup('/shop', there))).toEqual(['/base']);
    expect(members(withoutGroup('/', there))).toEqual([]);
  });
  test('is scaled by a factor, rounded up', () => {
    const scaled = scaleGroup('/shop', 0.5, there);
    expect([...scaled.members].map(([id, { instances }]) => [id, instances])).toEqual([
      ['/shop/web', 2],
      ['/shop/api', 2],
      ['/shop/jobs/clock', 2],
      ['/base/db', 3],
    ]);
    expect(scaleGroup('/', 0, there).members.get('/base/db')?.instances).toBe(0);
  });
});
