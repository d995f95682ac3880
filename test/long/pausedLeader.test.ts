import { randomUUID } from 'node:crypto';
import { appendFile, chmod, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWire } from '../../src/adapters/log/esdb/client/wire.ts';
import { verifyFile } from '../../src/logs/verify.ts';
import { type Api, eventually, historyOf, type Json, whole } from '../support/api.ts';
import { type Engines, START_MS, startEngines } from '../support/engines.ts';
import { type HeldNetwork, openHeldNetwork } from '../support/heldNetwork.ts';
import { endNativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

/** A leader that stands still, is succeeded, and goes on: over a store that knows of no terms, so that all it still writes gets in. */

const folder = folderForFile();
const starts = join(folder, 'starts');
const ways: HeldNetwork[] = [];
let engines: Engines;

const commandOf = (round: number) => `echo $MESOS_TASK_ID ${round} >> ${starts}; exec sleep 100000`;
const appOf = (id: string) => ({
  id,
  cmd: commandOf(0),
  instances: 1,
  cpus: 0.01,
  mem: 16,
  portDefinitions: [],
  backoffSeconds: 0,
  taskKillGracePeriodSeconds: 1,
});
const commandAt = async (api: Api, app: string): Promise<string> => (await api.get(`/v2/apps${app}`)).app.cmd;
const startsOfRound = async (round: number): Promise<number> =>
  (await readFile(starts, 'utf8')).split('\n').filter((line) => line.endsWith(` ${round}`)).length;
const voidsOf = async (api: Api, subject: string): Promise<readonly Json[]> =>
  (await historyOf(api, subject)).filter((fact) => fact.void === true);

beforeAll(async () => {
  await chmod(folder, 0o711);
  await appendFile(starts, '');
  engines = await startEngines(folder, 2, {
    isFenced: false,
    wayOf: async (nth, port) => {
      ways[nth] = await openHeldNetwork(port);
      return (ways[nth] as HeldNetwork).port;
    },
  });
  const { api } = (await engines.leader()).member;
  await api.ask('POST', '/v1/nodes', { id: 'n1', endpoint: { kind: 'process', root: join(folder, 'instances') } });
  for (const app of ['/quiet', '/other']) await api.ask('POST', '/v2/apps', appOf(app));
  for (const app of ['/quiet', '/other']) await whole(api, app);
}, START_MS);
afterAll(async () => {
  await engines.stop();
  await Promise.all(ways.map((way) => way.close()));
  await endNativeProcesses(folder);
});

const expectVoid = async (facts: number): Promise<void> => {
  for (const nth of engines.members.keys()) {
    const report = await eventually(engines.members[nth]?.api as Api, 'the mirror has it', async () => {
      const found = await verifyFile(engines.mirrorOf(nth));
      return found.void === facts ? found : undefined;
    });
    expect(report.faults.map(({ kind }) => kind)).toEqual(Array.from({ length: facts }, () => 'void'));
    expect(report.faults[0]?.detail).toMatch(/^written in term \d+, when \d+ led: nothing follows from it$/);
  }
};

let voids = 0;

test('what it had sent and what it was asked meanwhile is void or refused; it performs nothing, and stands by again', async () => {
  const before = await engines.leader();
  const paused = before.member;
  const way = ways[before.nth] as HeldNetwork;
  way.hold();
  const sent = paused.api.call('PUT', '/v2/apps/quiet', { cmd: commandOf(1) });
  await way.carries('DeploymentBegan');
  // Whoever answers has sent all of it.
  for (let turn = 0; turn < 3; turn++) await paused.look();
  paused.pause();
  const waiting = paused.api.call('PUT', '/v2/apps/other', { cmd: commandOf(2) });

  const after = await engines.leader(engines.members.filter((each) => each !== paused));
  expect(after.term).toBeGreaterThan(before.term);
  way.release();
  const found = await eventually(after.member.api, 'what was under way is there, and void', async () => {
    const there = await voidsOf(after.member.api, '/quiet');
    return there.length >= 3 ? there : undefined;
  });
  expect(found.map(({ type }) => type)).toEqual(expect.arrayContaining(['RequestReceived', 'AppVersionAdded', 'DeploymentBegan']));
  expect(new Set(found.map(({ term }) => term))).toEqual(new Set([before.term]));
  voids = found.length;

  paused.resume();
  await paused.tells(/^this engine leads no more/);
  expect((await sent).status).toBe(503);
  // Refused by who leads no more, or led on to who does; never taken by the old one.
  const { status } = await waiting;
  expect([200, 502, 503]).toContain(status);
  const other = commandOf(status === 200 ? 2 : 0);
  await whole(after.member.api, '/other');
  for (const { api } of engines.members) {
    await eventually(api, 'all see the same', async () => ((await commandAt(api, '/other')) === other ? true : undefined));
    expect(await commandAt(api, '/quiet')).toBe(commandOf(0));
    expect(await voidsOf(api, '/quiet')).toHaveLength(voids);
  }
  expect(await startsOfRound(1)).toBe(0);
  expect((await paused.look()).role).toBe('standby');
  await expectVoid(voids);

  await paused.api.ask('PUT', '/v2/apps/quiet', { cmd: commandOf(3) });
  await whole(after.member.api, '/quiet');
  expect(await startsOfRound(3)).toBe(1);
  const history = await historyOf(after.member.api, '/quiet');
  const [next] = history.filter(({ type, void: isVoid }) => type === 'AppVersionAdded' && isVoid !== true).slice(-1);
  expect(next).toMatchObject({ revision: found.find(({ type }) => type === 'DeploymentBegan').revision + 1, term: after.term });
  await expectVoid(voids);
});

test('a fact of an old term in a stream that the leader holds is passed over, and its next one goes on behind it', async () => {
  const { member, term } = await engines.leader();
  const wire = openWire(engines.store.connection);
  const [last] = await wire.readStream('app-/other', 'end', 1);
  if (last === undefined) throw new Error('no such stream');
  const metadata = JSON.parse(Buffer.from(last.metadata).toString()) as { term: number };
  const late = { ...last, id: randomUUID(), metadata: Buffer.from(JSON.stringify({ ...metadata, term: term - 1 })) };
  expect(await wire.append('app-/other', last.revision, [late])).toEqual({ _tag: 'Appended', revision: last.revision + 1 });
  await wire.close();
  voids++;
  await expectVoid(voids);

  await member.api.ask('PUT', '/v2/apps/other', { cmd: commandOf(4) });
  await whole(member.api, '/other');
  expect(await startsOfRound(4)).toBe(1);
  expect(
    (await historyOf(member.api, '/other')).find(({ revision, stream }) => stream === 'app-/other' && revision === last.revision + 2),
  ).toMatchObject({
    type: 'AppVersionAdded',
    term,
  });
  expect((await member.look()).quarantined).toEqual([]);
});

test('an engine that has only the store, and who leads next, know the same of what is void', async () => {
  const { nth } = await engines.leader();
  const fresh = (nth + 1) % engines.members.length;
  await engines.members[fresh]?.stop();
  await rm(dirname(engines.mirrorOf(fresh)), { recursive: true });
  const { api } = await engines.restart(fresh);
  expect([await commandAt(api, '/quiet'), await commandAt(api, '/other')]).toEqual([commandOf(3), commandOf(4)]);
  await expectVoid(voids);
  await engines.members[nth]?.kill();
  const next = await engines.leader(engines.members.filter((_, each) => each !== nth));
  await engines.restart(nth);
  const seen = await next.member.look();
  expect(seen.quarantined).toEqual([]);
  for (const app of ['/quiet', '/other']) await whole(next.member.api, app);
  expect(await startsOfRound(1)).toBe(0);
  const lines = (await readFile(starts, 'utf8')).trim().split('\n');
  expect(new Set(lines).size).toBe(lines.length);
  await expectVoid(voids);
});
