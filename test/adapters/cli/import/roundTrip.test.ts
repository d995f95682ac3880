import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { READ_ONLY_FIELDS } from '../../../../src/domain/app/definition/shape.ts';
import { type RealEngine, realEngine, sleeper } from '../terminal.ts';

let [source, target]: RealEngine[] = [];
beforeAll(async () => {
  [source, target] = await Promise.all([realEngine(), realEngine()]);
});
afterAll(async () => {
  await source?.end();
  await target?.end();
});

const definitions = async (engine: RealEngine): Promise<readonly unknown[]> => {
  const { apps } = (await engine.wharf(['app', 'list', '--json'])).json;
  return apps.map((app: object) => Object.fromEntries(Object.entries(app).filter(([name]) => !READ_ONLY_FIELDS.has(name))));
};

test('what one engine runs, another runs after an import: the same definitions, service ports and all', { timeout: 60_000 }, async () => {
  if (source === undefined || target === undefined) throw new Error('no engines');
  const apps = [
    sleeper('/shop/db', { instances: 1, secretless: 'an unknown field' }),
    sleeper('/shop/web', { dependencies: ['/shop/db'], portDefinitions: [{ port: 0, name: 'http' }, { port: 15_555 }] }),
    sleeper('/tools/clock', {
      instances: 1,
      constraints: [['hostname', 'LIKE', '.*']],
      healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' }, intervalSeconds: 1, delaySeconds: 0 }],
      labels: { team: 'a' },
      upgradeStrategy: { minimumHealthCapacity: 0.5 },
      killSelection: 'OLDEST_FIRST',
    }),
  ];
  expect(await source.wharf(['app', 'deploy', '-', '--wait', '--allow-unknown'], { stdin: `[${apps}]` })).toMatchObject({ code: 0 });
  const token = readFileSync(join(source.dataDir, 'token'), 'utf8').trim();
  const wharf = ['import', 'marathon', source.server.url, '--yes'];
  expect(await target.wharf(wharf)).toMatchObject({ code: 1, err: expect.stringContaining('wants a login') });
  const done = await target.wharf(wharf, { env: { MARATHON_TOKEN: token } });
  expect([done.code, done.err.split('\n').filter((line) => !line.startsWith('warning: /shop/db: /secretless '))]).toEqual([0, ['']]);
  expect(done.out).toContain('3 apps written\n');
  expect(await definitions(target)).toEqual(await definitions(source));
  const again = await target.wharf([...wharf, '--json'], { env: { MARATHON_TOKEN: token } });
  expect(again.json).toMatchObject({ new: [], changed: [], refused: [], onlyHere: [] });
});
