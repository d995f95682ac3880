import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type Server, startServer } from '../../src/main.ts';
import { openPast } from '../../src/openPast.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const SECRET = 'a password of the test';

const start = async (dataDir = temporaryFolder()): Promise<{ readonly server: Server; readonly dataDir: string }> => {
  const server = await startServer({ dataDir, localNodes: false, listen: { port: 0 } });
  onTestFinished(() => server.close().catch(() => undefined));
  return { server, dataDir };
};

const call = async ({ socketPath }: Server, method: string, path: string, body?: unknown) => {
  const asked = request({ socketPath, method, path, headers: { host: 'localhost', 'content-type': 'application/json' } });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(await text(answer)) };
};

test('an engine answers as of any moment beside the present, and does not wait for it', async () => {
  const { server } = await start();
  const app = { id: '/web', cmd: 'sleep 100', instances: 2, env: { PASSWORD: SECRET } };
  await call(server, 'POST', '/v2/apps', app);
  const created = server.engine.views.position();
  await call(server, 'PUT', '/v2/apps//web?force=true', { instances: 5 });
  const [then, now] = [await call(server, 'GET', `/v2/apps//web?at=${created}`), await call(server, 'GET', '/v2/apps//web')];
  expect([then.status, then.body.app.instances, now.body.app.instances]).toEqual([200, 2, 5]);
  expect(then.body.app.env).toEqual({ PASSWORD: SECRET });
  expect(then.headers['x-wharf-position']).toBe(String(created));
  expect((await call(server, 'GET', '/v2/apps?at=1')).body.apps).toEqual([]);
});

test('what is sealed in the log is sealed in its index too, and closed with its key', async () => {
  const { server, dataDir } = await start();
  await call(server, 'POST', '/v2/apps', { id: '/web', cmd: 'sleep 100', instances: 1, env: { PASSWORD: SECRET } });
  await server.close();
  const file = join(dataDir, 'log.sqlite');
  const envOf = (past: ReturnType<typeof openPast>) => past.views(past.head()).apps.get('/web')?.definition.env;

  await rm(join(dataDir, 'history'), { recursive: true, force: true });
  // Parts are kept at once, so that what is read below comes from one of them.
  const past = openPast({ file, factsPerBoundary: 2 });
  past.catchUp();
  expect(envOf(past)).toEqual({ PASSWORD: SECRET });
  past.close();
  const index = new DatabaseSync(join(dataDir, 'history', 'index.sqlite'), { readOnly: true });
  expect(index.prepare('SELECT count(*) AS n FROM kept').get()?.n).toBeGreaterThan(0);
  index.close();

  const keys = new DatabaseSync(join(dataDir, 'keys.sqlite'));
  keys.exec('DELETE FROM key');
  keys.close();
  const shredded = openPast({ file, factsPerBoundary: 2 });
  expect(envOf(shredded)).toEqual({ PASSWORD: '[shredded]' });
  shredded.close();
});

test('an index that is damaged, or of another log, is built again', async () => {
  const { server, dataDir } = await start();
  await call(server, 'POST', '/v2/apps', { id: '/web', cmd: 'sleep 100', instances: 1 });
  await server.close();
  const file = join(dataDir, 'log.sqlite');
  const first = openPast({ file, factsPerBoundary: 2 });
  first.catchUp();
  const definition = first.views(first.head()).apps.get('/web')?.definition;
  expect(definition?.cmd).toBe('sleep 100');
  first.close();
  const path = join(dataDir, 'history', 'index.sqlite');
  const damage = (sql: string): void => {
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
  };

  damage('UPDATE kept SET bytes = zeroblob(length(bytes))');
  const mended = openPast({ file, factsPerBoundary: 2 });
  expect(mended.views(mended.head()).apps.get('/web')?.definition).toEqual(definition);
  mended.catchUp();
  mended.close();

  damage("UPDATE about SET value = 'ab' WHERE key = 'hash'");
  const again = openPast({ file, factsPerBoundary: 2 });
  expect(again.indexed()).toBe(0);
  again.catchUp();
  expect(again.indexed()).toBe(again.head());
  expect(again.views(again.head()).apps.get('/web')?.definition).toEqual(definition);
  again.close();
});
