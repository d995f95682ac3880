import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiOf } from '../../../support/api.ts';
import { type RealEngine, realEngine } from '../terminal.ts';
import { fakeMarathon, group, holding, of111, pod } from './fakeMarathon.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(async () => {
  for (const { id } of (await read('/v2/pods')) as { id: string }[]) await api().call('DELETE', `/v2/pods${id}?force=true`);
  await engine.end();
});

const api = () => apiOf(engine.server.url, readFileSync(join(engine.dataDir, 'token'), 'utf8').trim());
const read = async (path: string): Promise<unknown> => (await api().call('GET', path)).body;

test('groups come with what they depend on, and what stands in them begins in that order', { timeout: 30_000 }, async () => {
  const root = group('/', {
    groups: [
      group('/site', { dependencies: ['/stores'], apps: [of111('/site/web', { portDefinitions: [] })] }),
      group('/stores', { apps: [of111('/stores/db', { portDefinitions: [] })] }),
      group('/empty'),
    ],
  });
  const { url } = await fakeMarathon({ answers: holding(root) });
  const done = await engine.wharf(['import', 'marathon', url, '--yes']);
  expect([done.code, done.err]).toEqual([0, '']);
  expect(done.out).toContain('new       group /site  after /stores\n');
  expect(done.out).toContain('2 groups, 2 apps written\n');
  expect(await read('/v2/groups/site')).toMatchObject({ dependencies: ['/stores'], apps: [{ id: '/site/web' }] });
  expect(await read('/v2/groups/empty')).toMatchObject({ id: '/empty', apps: [] });
  const again = await engine.wharf(['import', 'marathon', url, '--yes', '--json']);
  expect(again.json).toMatchObject({ new: [], changed: [], refused: [] });

  const moved = await fakeMarathon({ answers: holding(group('/', { groups: [group('/site', { dependencies: [] })] })) });
  const changed = await engine.wharf(['import', 'marathon', moved.url, '--yes', '--only', '/site']);
  expect(changed).toMatchObject({ code: 0 });
  expect(changed.out).toContain('changed   group /site\n');
  expect(changed.out).toContain('only here /site/web, which stays as it is\n');
  expect(await read('/v2/groups/site')).toMatchObject({ dependencies: [], apps: [{ id: '/site/web' }] });
});

test('a group that enforces its role comes with the apps of that role', { timeout: 30_000 }, async () => {
  const root = group('/', {
    groups: [group('/dev', { enforceRole: true, apps: [of111('/dev/web', { role: 'dev', portDefinitions: [] })] })],
  });
  const { url } = await fakeMarathon({ answers: holding(root, '1.11.24') });
  const done = await engine.wharf(['import', 'marathon', url, '--yes']);
  expect([done.code, done.err]).toEqual([0, '']);
  expect(await read('/v2/groups/dev')).toMatchObject({ enforceRole: true, apps: [{ role: 'dev' }] });
  const again = await engine.wharf(['import', 'marathon', url, '--yes', '--json']);
  expect(again.json).toMatchObject({ new: [], changed: [] });
});

test('an app of a role that nobody may have here is refused by the engine itself', async () => {
  const root = group('/', { groups: [group('/odd', { apps: [of111('/odd/web', { role: 'slave_public' })] })] });
  const { url } = await fakeMarathon({ answers: holding(root) });
  const refused = await engine.wharf(['import', 'marathon', url, '--yes', '--json']);
  expect(refused.code).toBe(1);
  expect(refused.json.refused).toEqual([{ id: '/odd/web', reasons: ['/role: got slave_public, expected one of: [*, odd]'] }]);
});

test('a pod comes with its group, is scaled down and remembered like an app, and changes by field', { timeout: 30_000 }, async () => {
  const holdingPod = (more: object) =>
    fakeMarathon({
      answers: {
        ...holding(group('/', { groups: [group('/pair', { pods: [pod('/pair/both', { ...more })] })] })),
        '/v2/pods': [pod('/pair/both', { ...more })],
      },
    });
  const first = await holdingPod({});
  const done = await engine.wharf(['import', 'marathon', first.url, '--yes', '--suspended']);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toContain('new       pod /pair/both  0 instances of 1 container\n');
  expect(await read('/v2/pods/pair/both')).toMatchObject({ scaling: { instances: 0 }, labels: { WHARF_IMPORTED_INSTANCES: '1' } });
  const again = await engine.wharf(['import', 'marathon', first.url, '--yes', '--suspended', '--json']);
  expect(again.json).toMatchObject({ new: [], changed: [] });
  const changed = await holdingPod({
    environment: { RELEASE: '2' },
    labels: { WHARF_IMPORTED_INSTANCES: '1' },
    scaling: { kind: 'fixed', instances: 0 },
  });
  const second = await engine.wharf(['import', 'marathon', changed.url, '--yes']);
  expect(second.out).toContain("            environment.RELEASE: '…' → '…'\n");
  expect(await read('/v2/pods/pair/both')).toMatchObject({ environment: { RELEASE: '2' } });
});
