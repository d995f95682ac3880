import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openSimulatedServer } from '../../support/simulatedServer.ts';
import { ROOT } from '../../support/sources.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { type } from './terminal.ts';

test('an operator says how long what has ended stays, and has the rest archived', async () => {
  const [dataDir, archive] = [temporaryFolder(), join(temporaryFolder(), 'archive')];
  const server = await openSimulatedServer({ dataDir, archive });
  const wharf = (...argv: string[]) => type(['--data-dir', dataDir, 'log', 'retention', ...argv]);
  expect(await wharf('run')).toMatchObject({ code: 0, out: 'nothing to archive\n' });
  expect(await wharf('set', 'app', '3')).toMatchObject({ code: 2, err: expect.stringContaining("'app' is none of request, instance") });
  expect(await wharf('set', 'request', '-1')).toMatchObject({ code: 2 });
  expect(await wharf('set', 'request', '30')).toMatchObject({ code: 0, out: 'ended streams of request stay 30 days in the log\n' });
  expect((await wharf('run', '--json')).json).toMatchObject({ streams: 0, archives: [] });
  await wharf('set', 'request', '0');
  const run = await wharf('run');
  expect(run.out).toMatch(/^\d+ streams with \d+ facts went into archive-\d+-[0-9a-f]+\.jsonl\.zst\n$/);
  const shown = await wharf('show');
  expect(shown.out).toContain(`request: 0 days after its end\ninstance: stays\n`);
  expect(shown.out).toContain(`archives in ${archive}\n  archive-`);
  await wharf('clear', 'request');
  expect((await wharf('show', '--json')).json).toMatchObject({ policies: {}, archives: [{ nouns: { request: expect.any(Number) } }] });
  await server.close();

  const without = await openSimulatedServer({ dataDir, nodes: 0 });
  expect(await wharf('run')).toMatchObject({ code: 1, err: expect.stringContaining('without --archive') });
  await without.close();
}, 30_000);

test('wharf serve --check says whether this version may take over, and starts nothing', async () => {
  const dataDir = temporaryFolder();
  const server = await openSimulatedServer({ dataDir });
  await server.api.ask('POST', '/v2/apps', { id: '/web', cmd: 'sleep 1000', instances: 1, cpus: 0.1, mem: 16 });
  await server.atRest();
  const check = () => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin/wharf'), ['serve', '--check', '--data-dir', dataDir], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  expect(check()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('this version can go on with every live stream\n'),
    stderr: '',
  });
  await server.close();
  const db = new DatabaseSync(join(dataDir, 'log.sqlite'));
  db.exec("UPDATE word SET text = 'app.v9' WHERE text = 'app.v1'");
  db.close();
  expect(check()).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("app-/web (app.v9, in steady): this version has no chart 'app.v9'"),
    stderr: 'wharf: this version refuses to start on this log\n',
  });
  await expect(openSimulatedServer({ dataDir })).rejects.toThrow("can't go on with one live stream");
}, 30_000);
