import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { newClusterSecret } from '../../src/adapters/keys/clusterSecret.ts';
import { type Member, startMember } from '../../src/member.ts';
import { apiOf, eventually, whole } from '../support/api.ts';
import { BRISK } from '../support/liveEngine.ts';
import { startStore } from '../support/storeProcess.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

test('a standby answers reads, passes writes on, opens what the leader sealed, and answers without a gap while it becomes the leader', async () => {
  const store = await startStore(join(temporaryFolder(), 'log.sqlite'));
  onTestFinished(() => store.kill());
  const clusterSecret = join(temporaryFolder(), 'secret');
  writeFileSync(clusterSecret, newClusterSecret());
  const member = async (): Promise<Member> => {
    const made = await startMember({
      store: store.connection,
      clusterSecret,
      dataDir: temporaryFolder(),
      listen: { port: 0 },
      pace: BRISK,
    });
    let isThere = true;
    const close = async (): Promise<void> => {
      if (isThere) await made.close();
      isThere = false;
    };
    onTestFinished(close);
    return { ...made, close };
  };
  const a = await member();
  await a.elected();
  const b = await member();
  const token = readFileSync(a.tokenFile, 'utf8').trim();
  expect(readFileSync(b.tokenFile, 'utf8').trim()).toBe(token);
  const [leader, standby] = [apiOf(a.url, token), apiOf(b.url, token)];

  // It looks who leads several times a second.
  await eventually(standby, 'it knows the leader', async () => (await standby.call('GET', '/v2/leader')).body.leader);
  await standby.ask('POST', '/v1/nodes', { id: 'berth', endpoint: { kind: 'simulated', seed: 4_711 }, attributes: {} });
  const posted = await standby.call('POST', '/v2/apps', { id: '/web', cmd: 'serve', instances: 2, env: { PASSWORD: 'of the day' } });
  expect([posted.status, posted.headers.get('x-marathon-leader'), b.role()]).toEqual([201, a.url, 'standby']);
  const read = await standby.call('GET', '/v2/apps/web');
  expect([read.status, read.body.app.env, read.headers.get('x-wharf-age')]).toEqual([200, { PASSWORD: 'of the day' }, '0']);
  await whole(standby, '/web');
  const { history } = await standby.get('/v1/history/web');
  const there = await leader.get('/v1/history/web');
  expect(history.slice(0, 5)).toEqual(there.history.slice(0, 5));
  expect(await standby.get('/v2/leader')).toEqual({ leader: new URL(a.url).host });

  let isOver = false;
  const statuses = new Map<number, number>();
  const reading = (async () => {
    while (!isOver) {
      const { status } = await standby.call('GET', '/v2/apps/web');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      await turn();
    }
  })();
  await Promise.all([a.close(), b.elected()]);
  await eventually(standby, 'it leads', async () => ((await standby.get('/v2/info')).elected === true ? true : undefined));
  isOver = true;
  await reading;
  expect([...statuses.keys()]).toEqual([200]);
  expect((await standby.get('/v2/apps/web')).app.env).toEqual({ PASSWORD: 'of the day' });
  await standby.ask('PUT', '/v2/apps/web', { instances: 3 });
  expect((await whole(standby, '/web')).instances).toBe(3);
}, 60_000);
