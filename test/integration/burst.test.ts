import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../support/api.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const AT_ONCE = 1_000;

const folder = folderForFile();
let engine: LiveEngine;
beforeAll(async () => {
  engine = await startLiveEngine({ dataDir: folder, localNodes: false });
});
afterAll(() => engine.stop());

test(`${AT_ONCE} apps submitted at once are all answered, none twice, none lost`, { timeout: 120_000 }, async () => {
  const ids = Array.from({ length: AT_ONCE }, (_, nth) => `/burst/${nth % 10}/app-${nth}`);
  const answers = await Promise.all(ids.map((id) => engine.api.call('POST', '/v2/apps', { id, cmd: 'sleep 1000', cpus: 0.01, mem: 16 })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(answers.map(({ body }) => body.id)).toEqual(ids);
  expect(new Set(answers.map(({ body }) => body.portDefinitions[0].port)).size).toBe(AT_ONCE);
  const { apps } = await engine.api.get('/v2/apps');
  expect(apps.map(({ id }: Json) => id)).toEqual(ids.toSorted());
  const again = await Promise.all(ids.slice(0, 100).map((id) => engine.api.call('POST', '/v2/apps', { id, cmd: 'sleep 1000' })));
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([409]));
  expect((await engine.look()).quarantined).toEqual([]);
});
