import { expect, test } from 'vitest';
import { roleNameProblems } from '../../../src/domain/app/definition/roleName.ts';
import { roleNoun } from '../../../src/domain/role/role.decider.ts';
import { role as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(roleNoun);
const weights = (...of: readonly (readonly [role: string, weight: number])[]) => ({
  type: 'SetRoleWeights' as const,
  weights: of.map(([role, weight]) => ({ role, weight })),
});

test('weights are set together, and only those that are news', () => {
  given()
    .when(weights(['dev', 2], ['ops', 3]))
    .then(fact.RoleWeightSet({ weight: 2 }), fact.RoleWeightSet({ role: 'ops', weight: 3 }));
  given(fact.RoleWeightSet({ weight: 2 }))
    .when(weights(['dev', 2], ['ops', 3]))
    .then(fact.RoleWeightSet({ role: 'ops', weight: 3 }));
});

test('a quota is set, changed and removed', () => {
  const { type: _, ...quota } = fact.RoleQuotaSet();
  const set = { type: 'SetRoleQuotas' as const, quotas: [quota] };
  given().when(set).then(fact.RoleQuotaSet());
  given(fact.RoleQuotaSet()).when(set).silence();
  given(fact.RoleQuotaSet({ limit: {} }))
    .when(set)
    .then(fact.RoleQuotaSet());
  given(fact.RoleQuotaSet()).when({ type: 'RemoveRoleQuota', role: 'dev' }).then(fact.RoleQuotaRemoved());
  given().when({ type: 'RemoveRoleQuota', role: 'dev' }).silence();
});

test('a name of a role is what Mesos takes for one', () => {
  expect(roleNameProblems('dev')).toEqual([]);
  expect(roleNameProblems('*')).toEqual([]);
  expect(roleNameProblems('-dev')).toEqual(["A role name must not start with a '-'."]);
  expect(roleNameProblems('a/b')).toEqual(['A role name must not include a slash (\\x2f) character.']);
  expect(roleNameProblems('..')).toEqual(['A role name must not be "..".']);
});
