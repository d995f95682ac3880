import { describe, expect, test } from 'vitest';
import type { GroupContext } from '../../../src/domain/group/group.chart.ts';
import type { GroupCommand } from '../../../src/domain/group/group.commands.ts';
import { groupNoun } from '../../../src/domain/group/group.decider.ts';
import { shardValues } from '../../../src/domain/kernel/shards.ts';
import { isoInstant } from '../../../src/domain/kernel/units.ts';
import { group as fact, V1 } from '../../support/facts.ts';
import { NOW, storiesOf } from '../../support/given.ts';

const given = storiesOf(groupNoun);
const VERSION = isoInstant(NOW);

const web = { id: '/shop/web', kind: 'app', dependencies: ['/base/db'] } as const;
const { type: _, deployment: __, ...planned } = fact.MemberChangePlanned();
const steps = [...fact.GroupDeploymentBegan().steps];
const change = {
  type: 'ChangeGroup',
  group: '/shop',
  put: [],
  removed: [],
  claims: [],
  changes: [planned],
  steps,
  deployment: 'p2',
  force: false,
  basedOn: V1,
} as const satisfies GroupCommand;
const taken = [fact.GroupsChanged(), fact.MembersClaimed()];
const planning = [...taken, fact.GroupDeploymentBegan(), fact.MemberChangePlanned()];

describe('ChangeGroup', () => {
  test('is groups, ids and a plan with its changes, in one commit and of one version', () =>
    given()
      .when({ ...change, put: [{ id: '/shop', dependencies: [] }], claims: [web], basedOn: '' })
      .then(
        fact.GroupsChanged({ version: VERSION, put: [{ id: '/shop', dependencies: [] }] }),
        fact.MembersClaimed({ version: VERSION, members: [web] }),
        fact.GroupDeploymentBegan({ deployment: 'p2', version: VERSION }),
        fact.MemberChangePlanned({ deployment: 'p2' }),
      ));
  test('of the groups alone needs no plan', () =>
    given(...taken)
      .when({ ...change, put: [{ id: '/base', dependencies: [] }], changes: [], steps: [] })
      .then(fact.GroupsChanged({ version: VERSION, put: [{ id: '/base', dependencies: [] }] })));
  test('to what is there already is no news', () =>
    given(...taken)
      .when({ ...change, put: [{ id: '/shop', dependencies: ['/base'] }], removed: ['/nowhere'], changes: [], steps: [], basedOn: 'old' })
      .silence());
  test('twice is once', () =>
    given(...planning)
      .when({ ...change, deployment: 'p1' })
      .silence());
  test('made from a version that was changed meanwhile is refused', () =>
    given(...taken)
      .when({ ...change, basedOn: 'old' })
      .refused('illegal-in-state'));
  test('of what another plan moves is refused with the name of that plan; forced, it takes over', () => {
    given(...planning)
      .when(change)
      .refused('app-locked');
    given(...planning)
      .when({ ...change, force: true })
      .then(
        fact.GroupDeploymentBegan({ deployment: 'p2', version: VERSION, force: true, supersedes: ['p1'] }),
        fact.MemberChangePlanned({ deployment: 'p2' }),
      );
  });
  test('of something else goes on beside a plan', () => {
    const other = [{ actions: [{ action: 'Scale', kind: 'app', id: '/else' }] }] as const;
    given(...planning)
      .when({ ...change, steps: other, changes: [] })
      .then(fact.GroupDeploymentBegan({ deployment: 'p2', version: VERSION, steps: other }));
  });
  test('that closes a cycle is refused', () =>
    given(...taken)
      .when({ ...change, claims: [{ id: '/base/db', kind: 'app', dependencies: ['/shop'] }] })
      .refused('invalid'));
  test('that closes a cycle between groups is refused', () =>
    given(...taken, fact.MembersClaimed({ members: [{ id: '/base/db', kind: 'app', dependencies: [] }] }))
      .when({ ...change, put: [{ id: '/base', dependencies: ['/shop'] }] })
      .refused('invalid'));
  test('with an id that a group has, or below an app, is refused', () => {
    given(...taken)
      .when({ ...change, claims: [{ id: '/shop', kind: 'app', dependencies: [] }] })
      .refused('already-exists');
    given(...taken)
      .when({ ...change, claims: [{ id: '/shop/web/deeper', kind: 'app', dependencies: [] }] })
      .refused('already-exists');
    given(...taken)
      .when({ ...change, put: [{ id: '/shop/web', dependencies: [] }] })
      .refused('already-exists');
  });
  test('that removes a group but not what stands in it is refused', () =>
    given(...taken)
      .when({ ...change, removed: ['/shop'], changes: [] })
      .refused('invalid'));
});

describe('ClaimMembers', () => {
  const claim = (id: string, dependencies: readonly string[] = []) =>
    ({ type: 'ClaimMembers', members: [{ id, kind: 'app', dependencies }] }) as const;
  test('takes an id with the groups above it', () => {
    given()
      .when(claim('/a/b/c'))
      .then(fact.MembersClaimed({ version: VERSION, members: [{ id: '/a/b/c', kind: 'app', dependencies: [] }] }));
    const { context } = given(fact.MembersClaimed({ members: [{ id: '/a/b/c', kind: 'app', dependencies: [] }] })).state;
    expect(
      shardValues((context as GroupContext).groups)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['/a', '/a/b']);
  });
  test('of what is taken so already is no news; with other dependencies it is', () => {
    given(...taken)
      .when(claim('/shop/web', ['/base/db']))
      .silence();
    given(...taken)
      .when(claim('/shop/web'))
      .then(fact.MembersClaimed({ version: VERSION, members: [{ ...web, dependencies: [] }] }));
  });
  test('that clashes or closes a cycle is refused', () => {
    given(...taken)
      .when(claim('/shop'))
      .refused('already-exists');
    given(...taken)
      .when(claim('/base/db', ['/shop/web']))
      .refused('invalid');
    given()
      .when(claim('/a', ['/a']))
      .refused('invalid');
  });
});

describe('ReleaseMembers', () => {
  const release = (version: string) => ({ type: 'ReleaseMembers', members: [{ id: '/shop/web', version }] }) as const;
  test('gives an id back, so that a group may have it', () => {
    given(...taken)
      .when(release(V1))
      .then(fact.MembersReleased());
    given(...taken, fact.MembersReleased())
      .when({ ...change, put: [{ id: '/shop/web', dependencies: [] }], changes: [], steps: [] })
      .then(fact.GroupsChanged({ version: VERSION, put: [{ id: '/shop/web', dependencies: [] }] }));
  });
  test('of one that was taken anew since is silence', () =>
    given(...taken)
      .when(release('old'))
      .silence());
});

describe('ReportGroupDeploymentEnded', () => {
  const ended = { type: 'ReportGroupDeploymentEnded', deployment: 'p1', outcome: 'succeeded' } as const;
  test('gives the lock back; once', () => {
    given(...planning)
      .when(ended)
      .then(fact.GroupDeploymentEnded());
    given(...planning, fact.GroupDeploymentEnded())
      .when(ended)
      .silence();
  });
  test('of one of two leaves the tree with the other', () => {
    const two = [...planning, fact.GroupDeploymentBegan({ deployment: 'p2', supersedes: ['p1'] }), fact.GroupDeploymentEnded()];
    const { value, context } = given(...two).state;
    expect([value, Object.keys((context as GroupContext).plans)]).toEqual(['planning', ['p2']]);
  });
});
