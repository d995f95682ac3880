import { describe, expect, test } from 'vitest';
import type { AppDefinition } from '../../../src/domain/app/definition/definition.ts';
import { differenceOf, diffsOf } from '../../../src/domain/group/difference.ts';
import type { Tree } from '../../../src/domain/group/update.ts';
import { definitionOf } from '../../support/definitions.ts';

const app = (id: string, over: Partial<AppDefinition> = {}): AppDefinition => definitionOf({ id, ...over });
const tree = (members: readonly AppDefinition[], groups: Tree['groups'] = new Map()): Tree => ({
  groups,
  members: new Map(members.map((each) => [each.id, each])),
});
const stepsOf = (before: readonly AppDefinition[], after: readonly AppDefinition[], manner: Parameters<typeof differenceOf>[2] = {}) =>
  differenceOf(tree(before), tree(after), manner).steps.map(({ actions }) => actions.map(({ action, id }) => `${action} ${id}`));

describe('the steps of a plan', () => {
  test('stop what goes, start what comes at scale 0, then go layer by layer', () =>
    expect(
      stepsOf(
        [app('/old'), app('/db')],
        [app('/web', { dependencies: ['/api'] }), app('/api', { dependencies: ['/db'] }), app('/db', { cmd: 'serve --new' })],
      ),
    ).toEqual([['Stop /old'], ['Start /api', 'Start /web'], ['Restart /db'], ['Scale /api'], ['Scale /web']]));

  test('leave out what does not differ, and keep the order of what does', () =>
    expect(
      stepsOf(
        [app('/web', { dependencies: ['/api'] }), app('/api', { dependencies: ['/db'] }), app('/db')],
        [app('/web', { dependencies: ['/api'], instances: 5 }), app('/api', { dependencies: ['/db'] }), app('/db', { instances: 1 })],
      ),
    ).toEqual([['Scale /db'], ['Scale /web']]));

  test('restart where instances are replaced, and scale where it is to zero, or where they take the change up', () => {
    const before = [app('/a'), app('/b'), app('/c')];
    const after = [app('/a', { cmd: 'x' }), app('/b', { cmd: 'x', instances: 0 }), app('/c', { backoffFactor: 3 })];
    expect(stepsOf(before, after)).toEqual([['Restart /a', 'Scale /b', 'Scale /c']]);
  });

  test('of nothing are none', () => expect(stepsOf([app('/a')], [app('/a')])).toEqual([]));

  test('follow what a group depends on', () => {
    const groups = new Map([['/shop', { id: '/shop', dependencies: ['/base'] }]]);
    const { steps } = differenceOf(tree([]), tree([app('/shop/web'), app('/base/db')], groups));
    expect(steps.map(({ actions }) => actions.map(({ id }) => id))).toEqual([['/base/db', '/shop/web'], ['/base/db'], ['/shop/web']]);
  });

  test('of a cycle are some, for whoever decides to refuse', () =>
    expect(stepsOf([], [app('/a', { dependencies: ['/b'] }), app('/b', { dependencies: ['/a'] })]).flat()).toHaveLength(4));
});

describe('the changes of a plan', () => {
  const changesOf = (before: readonly AppDefinition[], after: readonly AppDefinition[], manner: Parameters<typeof differenceOf>[2] = {}) =>
    differenceOf(tree(before), tree(after), manner).changes.map(({ id, reason, definition }) => [id, reason, definition !== undefined]);

  test('say why each app moves; one that goes has no definition', () =>
    expect(
      changesOf([app('/a'), app('/b'), app('/c')], [app('/b', { instances: 9 }), app('/c', { cmd: 'x', instances: 9 }), app('/d')]),
    ).toEqual([
      ['/a', 'change', false],
      ['/b', 'scale', true],
      ['/c', 'change', true],
      ['/d', 'create', true],
    ]));

  test('of a way back are rollbacks, but for what was not there', () =>
    expect(changesOf([app('/a')], [app('/a', { cmd: 'x' }), app('/b')], { isRollback: true })).toEqual([
      ['/a', 'rollback', true],
      ['/b', 'create', true],
    ]));

  test('bring an old configuration back also where the definition is the same', () => {
    const { changes, steps } = differenceOf(tree([app('/a')]), tree([app('/a')]), {
      configVersions: new Map([['/a', 'v1']]),
      isRollback: true,
    });
    expect(changes).toMatchObject([{ id: '/a', configVersion: 'v1', reason: 'rollback' }]);
    expect(steps).toHaveLength(1);
  });

  test('take new ids, and those whose dependencies differ', () => {
    const { claims } = differenceOf(
      tree([app('/a'), app('/b')]),
      tree([app('/a', { dependencies: ['/b'] }), app('/b', { cmd: 'x' }), app('/c')]),
    );
    expect(claims).toEqual([
      { id: '/a', kind: 'app', dependencies: ['/b'] },
      { id: '/c', kind: 'app', dependencies: [] },
    ]);
  });

  test('of the groups themselves are those that differ, and those that go', () => {
    const node = (id: string, ...dependencies: readonly string[]) => [id, { id, dependencies }] as const;
    const { put, removed } = differenceOf(
      { groups: new Map([node('/a'), node('/b'), node('/c')]), members: new Map() },
      { groups: new Map([node('/a'), node('/b', '/a'), node('/d')]), members: new Map() },
    );
    expect([put.map(({ id }) => id), removed]).toEqual([['/b', '/d'], ['/c']]);
  });

  test('are told field by field to those who look before they change', () => {
    const { moves } = differenceOf(tree([app('/a'), app('/b')]), tree([app('/a', { instances: 4 }), app('/c')]));
    expect(diffsOf(moves)).toEqual([
      { id: '/a', kind: 'app', change: 'update', fields: [{ field: 'instances', from: 3, to: 4 }] },
      { id: '/b', kind: 'app', change: 'remove', fields: [] },
      { id: '/c', kind: 'app', change: 'create', fields: [] },
    ]);
  });
});
