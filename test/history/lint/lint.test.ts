import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import type { LintRules } from '../../../src/domain/ports/lint.ts';
import type { Past } from '../../../src/domain/ports/past.ts';
import { lint } from '../../../src/history/lint/lint.ts';
import { parseRules } from '../../../src/history/lint/rules.ts';
import { recordedCluster, web } from '../../support/sandbox.ts';

const rules = (value: unknown): LintRules => {
  const parsed = parseRules(value);
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  return parsed.right;
};
const linted = (past: Past, value: unknown, from = 0) => {
  const at = (position: number) => past.fact(position)?.meta.at ?? 0;
  return lint(past, rules(value), { from: { position: from, at: at(from) }, to: { position: past.head(), at: at(past.head()) } });
};

describe('a quota', () => {
  test('names each change that it would have refused, with who and when, and lets the others pass', async () => {
    const cluster = await recordedCluster({ nodes: 4 });
    await cluster.ask('POST', '/v2/apps', web({ id: '/shop/web', instances: 4 }));
    await cluster.ask('POST', '/v2/apps', web({ id: '/other', instances: 4 }));
    await cluster.pass(60);
    const half = cluster.facts().length;
    await cluster.ask('PUT', '/v2/apps//shop/web', { instances: 6 });
    await cluster.pass(60);
    await cluster.ask('PUT', '/v2/apps//shop/web', { instances: 5 });
    await cluster.pass(60);
    const past = cluster.past();
    const quota = { quotas: [{ group: '/shop', cpus: 2.5, instances: 10 }] };
    const report = linted(past, quota);
    expect(report.refusals).toEqual([
      {
        rule: 'quota of /shop: 2.5 cpus, 10 instances',
        at: expect.any(Number),
        by: 'anonymous',
        request: expect.stringMatching(/^[0-9a-f-]{36}$/),
        command: 'DeployApp',
        app: '/shop/web',
        because: '3 cpus would have been wanted, 2.5 allowed',
      },
    ]);
    expect(report.changes).toBe(4);
    expect(linted(past, quota, half).refusals).toEqual(report.refusals);
    expect(linted(past, { quotas: [{ cpus: 100 }] })).toMatchObject({ refusals: [], byRule: { 'quota of /: 100 cpus': 0 } });
  });

  test('is met by a group that is changed as a whole, too', async () => {
    const cluster = await recordedCluster({ nodes: 4 });
    await cluster.ask('PUT', '/v2/groups', { id: '/shop', apps: [web({ id: 'a', instances: 2 }), web({ id: 'b', instances: 3 })] });
    await cluster.pass(120);
    const { refusals } = linted(cluster.past(), { quotas: [{ group: '/shop', instances: 4 }] });
    expect(refusals).toMatchObject([{ app: '/shop/b', command: 'ChangeGroup', because: '5 instances would have been wanted, 4 allowed' }]);
  });
});

describe('a rule that keeps apart', () => {
  test('names whoever came second, on either side, with whom he stood beside', async () => {
    const cluster = await recordedCluster({ nodes: 1 });
    await cluster.ask('POST', '/v2/apps', web({ id: '/shop/web', instances: 2 }));
    await cluster.ask('POST', '/v2/apps', web({ id: '/batch/night', instances: 1 }));
    await cluster.ask('POST', '/v2/apps', web({ id: '/other', instances: 1 }));
    await cluster.pass(60);
    await cluster.ask('PUT', '/v2/apps//shop/web', { instances: 3 });
    await cluster.pass(60);
    const report = linted(cluster.past(), { apart: [{ group: '/shop', from: '/batch/*' }] });
    expect(report.refusals.map(({ app }) => app)).toEqual(['/batch/night', '/shop/web']);
    expect(report.refusals.map(({ because }) => because)).toEqual([
      expect.stringMatching(/^@hostname was .+, which held 2 of \/shop\/web$/),
      expect.stringMatching(/^@hostname was .+, which held 1 of \/batch\/night$/),
    ]);
    expect(report.byRule).toEqual({ '/shop apart from /batch/* by @hostname': 2 });
    expect(linted(cluster.past(), { apart: [{ group: '/other', from: '/none' }] }).refusals).toEqual([]);
  });
});

describe('a constraint', () => {
  test('names each placement that it would have refused, and whether another node would have done', async () => {
    const cluster = await recordedCluster({ nodes: 4 });
    await cluster.ask('POST', '/v2/apps', web({ instances: 3 }));
    await cluster.pass(60);
    const { refusals, placements } = linted(cluster.past(), { constraints: [{ constraint: 'rack UNIQUE' }] });
    expect(placements).toBe(3);
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatchObject({
      rule: 'rack UNIQUE below /',
      app: '/web',
      by: 'anonymous',
      because: expect.stringMatching(
        /^rack of n\d is r\d, which held 1 of them; (no node of the pool|2 of the pool's nodes) would have done$/,
      ),
    });
    expect(linted(cluster.past(), { constraints: [{ group: '/web', constraint: ['hostname', 'UNIQUE'] }] }).refusals).toEqual([]);
    const like = linted(cluster.past(), { constraints: [{ constraint: ['rack', 'IS', 'r1'] }] }).refusals;
    expect(like.map(({ because }) => because)).toContainEqual(
      expect.stringMatching(/^rack of n[24] is r2, which held 0 of them; 2 of the pool's nodes would have done$/),
    );
  });
});

test.each([
  [{ quotas: [{ group: 'shop', cpus: 1 }] }, '/quotas/0/group', 'must be the id of a group or an app, such as /shop'],
  [{ quotas: [{ cpus: 'many' }] }, '/quotas/0/cpus', 'must be a number, 0 or more'],
  [{ quotas: [{ group: '/a' }] }, '/quotas/0', 'must limit cpus, mem or instances'],
  [{ quotas: [{ cpu: 1, mem: 2 }] }, '/quotas/0/cpu', 'unknown; there are group, cpus, mem, instances'],
  [{ quotas: {} }, '/quotas', 'must be a list'],
  [
    { constraints: [{ constraint: 'rack NEAR' }] },
    '/constraints/0/constraint',
    'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS',
  ],
  [
    { constraints: [{ constraint: 7 }] },
    '/constraints/0/constraint',
    'must be a list of two or three texts, or those with spaces between them',
  ],
  [{ access: [] }, '/access', 'there are no access rules yet'],
  [{ apart: [{ from: 'db' }] }, '/apart/0/from', 'must be the id of an app, or of a group with /* behind it'],
  [{ limits: [] }, '/limits', 'unknown; there are quotas, constraints, apart'],
  [[], '/', 'must be an object with quotas, constraints, apart or more of them'],
  [{}, '/', 'holds no rule'],
])('rules %j: %s %s', (value, path, text) => {
  expect(parseRules(value)).toEqual(E.left([{ path, text }]));
});
