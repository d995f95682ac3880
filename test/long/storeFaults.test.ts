import { randomUUID } from 'node:crypto';
import { appendFile, chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openWire } from '../../src/adapters/log/esdb/client/wire.ts';
import { type Api, eventually, whole } from '../support/api.ts';
import { type Engines, START_MS, startEngines } from '../support/engines.ts';
import { startLiveMember } from '../support/liveMember.ts';
import { endNativeProcesses, type NativeProcess, nativeProcesses } from '../support/nativeProcesses.ts';
import { startStore } from '../support/storeProcess.ts';
import { folderForFile, temporaryFolder } from '../support/temporaryFolder.ts';

/** What engines do while their store is not there, and with what they find in it. */

const LEASE_MS = 2_000;
const folder = folderForFile();
const starts = join(folder, 'starts');
let engines: Engines;

const appOf = (id: string, instances = 1) => ({
  id,
  cmd: `echo $MESOS_TASK_ID >> ${starts}; exec sleep 100000`,
  instances,
  cpus: 0.01,
  mem: 16,
  portDefinitions: [],
  backoffSeconds: 0,
});

beforeAll(async () => {
  await chmod(folder, 0o711);
  await appendFile(starts, '');
  engines = await startEngines(folder, 2, { leaseMs: LEASE_MS });
  const { api } = (await engines.leader()).member;
  await api.ask('POST', '/v1/nodes', { id: 'n1', endpoint: { kind: 'process', root: join(folder, 'instances') } });
  await api.ask('POST', '/v2/apps', appOf('/web', 2));
  await whole(api, '/web');
}, START_MS);
afterAll(async () => {
  await engines.stop();
  await endNativeProcesses(folder);
});

/** An instance runs as soon as its process is known by its number, which is before that has become the app's own. */
const processesOf = (api: Api, count: number): Promise<readonly NativeProcess[]> =>
  eventually(api, `${count} processes run`, async () => {
    const now = await nativeProcesses(folder);
    return now.length === count ? now : undefined;
  });

const expectEachStartedOnce = async (): Promise<void> => {
  const started = (await readFile(starts, 'utf8')).trim().split('\n');
  expect(new Set(started).size).toBe(started.length);
};

test(
  'a store that is not there yet is named and asked again until it comes, or the engine is told to end',
  async () => {
    const own = temporaryFolder();
    const store = await startStore(join(own, 'store.sqlite'));
    onTestFinished(() => store.kill());
    await store.kill();
    const [patient, ended] = ['patient', 'ended'].map((name) =>
      startLiveMember({ store: store.connection, dataDir: join(own, name), clusterSecret: join(own, 'secret') }),
    ) as [ReturnType<typeof startLiveMember>, ReturnType<typeof startLiveMember>];
    onTestFinished(() => patient.kill());
    expect(await patient.tells(/^the store: /)).toBe(`the store: nobody answers there (connect ECONNREFUSED 127.0.0.1:${store.port})`);
    await ended.tells(/^the store: /);
    expect(await ended.stop()).toBe(0);
    await store.restart();
    await patient.listens;
    await patient.tells(/^this engine leads/);
  },
  START_MS,
);

test('a store that is away for less than a lease costs time and nothing else', async () => {
  const { member, term } = await engines.leader();
  process.kill(engines.store.pid, 'SIGSTOP');
  const asked = member.api.call('PUT', '/v2/apps/web', { labels: { asked: 'meanwhile' } });
  await pause(LEASE_MS / 5);
  process.kill(engines.store.pid, 'SIGCONT');
  expect((await asked).status).toBe(200);
  expect(await member.look()).toMatchObject({ role: 'leader', term });
  await whole(member.api, '/web');
});

test(
  'a store that is away for longer: nobody leads, commands are refused, reads and what runs go on; then all goes on, once',
  async () => {
    const before = await engines.leader();
    await engines.store.kill();
    await before.member.tells(/^this engine leads no more/);
    const running = await nativeProcesses(folder);
    expect(running).toHaveLength(2);
    for (const { api } of engines.members) {
      const refused = await eventually(api, 'a command is refused', async () => {
        const answer = await api.call('PUT', '/v2/apps/web', { instances: 3 });
        return answer.status === 502 || answer.status === 503 ? answer : undefined;
      });
      expect(refused.body.message).toMatch(/\w/);
      const read = await api.call('GET', '/v2/apps/web');
      expect(read.body.app.instances).toBe(2);
      await eventually(api, 'reads tell their age', async () =>
        Number((await api.call('GET', '/v2/apps')).headers.get('x-wharf-age')) >= 1 ? true : undefined,
      );
    }
    await engines.store.restart();
    const after = await engines.leader();
    expect(after.term).toBeGreaterThan(before.term);
    await eventually(after.member.api, 'a command is taken', async () => {
      const answer = await after.member.api.call('PUT', '/v2/apps/web', { instances: 3 });
      return answer.status === 200 ? true : undefined;
    });
    await whole(after.member.api, '/web');
    const now = await processesOf(after.member.api, 3);
    expect(now).toEqual(expect.arrayContaining([...running]));
    await expectEachStartedOnce();
  },
  START_MS,
);

test(
  'an event that somebody else wrote into the stream of one app stops that app, with whoever leads, and no other',
  async () => {
    const before = await engines.leader();
    const { api } = before.member;
    await api.ask('POST', '/v2/apps', appOf('/other'));
    await whole(api, '/other');
    const wire = openWire(engines.store.connection);
    const [last] = await wire.readStream('app-/web', 'end', 1);
    if (last === undefined) throw new Error('no such stream');
    await wire.append('app-/web', last.revision, [{ ...last, id: randomUUID(), type: 'Unheard.v1' }]);
    await wire.close();

    const expectOnlyWebStops = async (round: number): Promise<void> => {
      const { member } = await engines.leader();
      const still = await eventually(member.api, 'one stands still', async () => {
        const { quarantined } = await member.look();
        return quarantined.length > 0 ? quarantined : undefined;
      });
      expect(still).toEqual([['app-/web', expect.stringContaining('Unheard.v1')]]);
      const refused = await member.api.call('PUT', '/v2/apps/web', { instances: 1 });
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(refused.body)).toContain('quarantined');
      await member.api.ask('PUT', '/v2/apps/other', { instances: round });
      await whole(member.api, '/other');
    };
    await expectOnlyWebStops(2);
    await before.member.kill();
    await engines.restart(before.nth);
    await expectOnlyWebStops(3);
    // Those of the app that stands still run on.
    await processesOf((await engines.leader()).member.api, 6);
    await expectEachStartedOnce();
  },
  START_MS,
);
