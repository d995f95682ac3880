import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openLogFile } from '../../src/adapters/log/sqlite/logFile.ts';
import type { EventLog } from '../../src/domain/kernel/ports.ts';
import { exportTo } from '../../src/logs/export.ts';
import { archiveEnded } from '../../src/logs/retention.ts';
import { verifyFile } from '../../src/logs/verify.ts';
import { openPast } from '../../src/openPast.ts';
import { createPastServer } from '../../src/pastServer.ts';
import { dumpOf } from '../history/dump.ts';
import { openSimulatedServer, type SimulatedServer } from '../support/simulatedServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const app = (id: string, more: object = {}) => ({ id, cmd: 'sleep 1000', instances: 2, cpus: 0.1, mem: 16, ...more });

/** An app that is changed twice, and one that is gone. */
const lived = async ({ api, atRest, until, engine }: SimulatedServer): Promise<void> => {
  await api.ask('POST', '/v2/apps', app('/web'));
  await api.ask('POST', '/v2/apps', app('/gone'));
  await atRest();
  for (const V of ['1', '2']) {
    await api.ask('PUT', '/v2/apps/web', { env: { V } });
    await atRest();
  }
  await api.ask('DELETE', '/v2/apps/gone');
  await atRest();
  await until(() => engine.views.apps.get('/gone') === undefined && engine.views.instances.ofApp('/gone').length === 0);
  await until(() => engine.views.instances.ofApp('/web').length === 2);
};

const keepNothing = async ({ api }: SimulatedServer): Promise<void> => {
  for (const noun of ['request', 'instance', 'deployment', 'plan']) await api.ask('PUT', `/v1/retention/${noun}`, { keepDays: 0 });
};

/** What an engine decides by: not what it can tell of what has ended. */
const decisive = ({ engine: { views } }: SimulatedServer) => {
  const { apps, instances, nodes, groups, plans, deployments, discovery } = views;
  const ids = [...apps.all()].map(({ id }) => id);
  return {
    apps: [...apps.all()],
    live: ids.map((id) => instances.ofApp(id)),
    tallies: ids.map((id) => instances.tallies(id)),
    attempts: [...apps.all()].flatMap(({ id, versions }) =>
      versions.flatMap(({ version }) =>
        [0, 1, 2].map((slot) => [id, version, slot, instances.attempts(id, version, slot), instances.failures(id, version)]),
      ),
    ),
    nodes: [...nodes.all()].map(({ id }) => [
      id,
      instances
        .onNode(id)
        .map((row) => row.id)
        .sort(),
    ]),
    groups: [groups.version(), [...groups.all()], [...groups.members()]],
    running: [plans.running(), deployments.running()],
    ready: [...discovery.ready()].map(({ app, ready }) => [app, [...ready].sort()]),
  };
};

const factsIn = (file: string): number => {
  const db = new DatabaseSync(file, { readOnly: true });
  const { n } = db.prepare('SELECT count(*) AS n FROM main.fact').get() as { n: number };
  db.close();
  return n;
};

const streamsOf = (archive: string): readonly string[] => {
  const db = new DatabaseSync(archive, { readOnly: true });
  const rows = db.prepare('SELECT stream FROM archived').all();
  db.close();
  return rows.map(({ stream }) => String(stream));
};

describe('what has ended', () => {
  test('leaves the log whole, is read out of its archive, and is missed by no decision', async () => {
    const dataDir = temporaryFolder();
    const archive = join(temporaryFolder(), 'archive');
    const logFile = join(dataDir, 'log.sqlite');
    const first = await openSimulatedServer({ dataDir, archive });
    await lived(first);
    await keepNothing(first);
    const before = decisive(first);
    const past = openPast({ file: logFile, index: false });
    const then = past.head();
    const dump = dumpOf(past.views(then));
    const ended = past.streamsOf('/gone').filter((stream) => stream.startsWith('instance-'));
    const told = ended.map((stream) => past.stream(stream));
    past.close();
    const inLog = factsIn(logFile);

    const run = await first.api.ask('POST', '/v1/retention/run');
    expect(run).toMatchObject({ archives: [expect.stringMatching(/^archive-\d{12}-[0-9a-f]{12}\.jsonl\.zst$/)], resumed: 0 });
    expect(run.streams).toBeGreaterThan(8);
    expect(readdirSync(archive).sort()).toEqual([run.archives[0], `${run.archives[0]}.manifest.json`]);
    const manifest = JSON.parse(readFileSync(join(archive, `${run.archives[0]}.manifest.json`), 'utf8'));
    expect(manifest).toMatchObject({ file: run.archives[0], streams: run.streams, facts: run.facts });
    // The request for the run and the facts that tell of it came meanwhile.
    expect(factsIn(logFile)).toBeLessThan(inLog + 8 - run.facts);
    expect(await verifyFile(logFile)).toMatchObject({ faultCount: 0, elsewhere: 0 });
    expect(decisive(first)).toEqual(before);
    // Told of an instance that has left, the engine reads what it was.
    const [gone = ''] = ended;
    expect((await first.engine.log.readStream(gone as never)).map(({ id }) => id)).toEqual(told[0]?.map(({ id }) => id));
    const log = first.engine.log as EventLog;
    const taken = await log.append(gone as never, -1, [
      { id: 'x', type: 'InstanceRequested.v1', data: '{}', meta: { ...(told[0]?.[0]?.meta as object), term: first.engine.term } as never },
    ]);
    expect(taken).toMatchObject({ left: { _tag: 'Conflict', actual: (told[0]?.length ?? 0) - 1 } });
    expect((await first.api.ask('POST', '/v1/retention/run')).streams).toBeLessThan(3);
    await first.close();

    const second = await openSimulatedServer({ dataDir, archive, nodes: 0 });
    expect(decisive(second)).toEqual(before);
    expect([...second.engine.views.roster.all()].some(({ stream }) => stream === gone)).toBe(false);
    await second.api.ask('PUT', '/v2/apps/web', { env: { V: '1' } });
    await second.atRest();
    await second.api.ask('POST', '/v2/apps', app('/gone'));
    await second.atRest();
    expect(second.engine.quarantined().size).toBe(0);
    await second.close();

    const again = openPast({ file: logFile, index: false });
    expect(dumpOf(again.views(then))).toEqual(dump);
    expect(again.stream(gone as never)).toEqual(told[0]);
    const indexed = openPast({ file: logFile, index: join(temporaryFolder(), 'index.sqlite'), factsPerBoundary: 23 });
    indexed.catchUp();
    for (let position = 5; position <= indexed.head(); position += 11)
      expect(dumpOf(indexed.views(position)), `as of ${position}`).toEqual(dumpOf(again.views(position)));
    indexed.close();
    again.close();
    expect(await verifyFile(logFile)).toMatchObject({ faultCount: 0, elsewhere: 0 });
  }, 30_000);

  test('is named with its file where the archive is out of reach; the engine starts, and chains and heads hold', async () => {
    const dataDir = temporaryFolder();
    const archive = join(temporaryFolder(), 'archive');
    const logFile = join(dataDir, 'log.sqlite');
    const first = await openSimulatedServer({ dataDir, archive });
    await lived(first);
    await keepNothing(first);
    const past = openPast({ file: logFile, index: false });
    const [gone = ''] = past.streamsOf('/gone').filter((stream) => stream.startsWith('instance-'));
    past.close();
    const { archives, facts } = await first.api.ask('POST', '/v1/retention/run');
    const before = decisive(first);
    await first.close();
    rmSync(join(dataDir, 'history'), { recursive: true });
    const rootOf = () => {
      const log = openLogFile(logFile);
      const heads = log.heads();
      const found = { upTo: heads.advance(), root: Buffer.from(heads.root()).toString('hex'), streams: heads.size() };
      log.close();
      return found;
    };
    const root = rootOf();
    rmSync(join(dataDir, 'history'), { recursive: true });
    renameSync(archive, `${archive}-elsewhere`);
    expect(rootOf()).toEqual(root);
    await expect(exportTo(logFile, () => {}, { at: 0 })).rejects.toThrow(`${facts} facts of the log`);

    const named = `${gone} stands in the archive '${archives[0]}', which is neither in '${archive}' nor`;
    const second = await openSimulatedServer({ dataDir, archive, nodes: 0 });
    expect(decisive(second)).toEqual(before);
    await expect(second.engine.log.readStream(gone as never)).rejects.toThrow(named);
    await second.close();
    const lost = openPast({ file: logFile, index: false });
    expect(() => lost.stream(gone as never)).toThrow(named);
    const served = createPastServer({ past: lost, auth: 'none' });
    const answer = await served.inject({ url: `/v1/history/${gone}` });
    expect([answer.statusCode, answer.json().message]).toEqual([503, expect.stringContaining(named)]);
    await served.close();
    lost.close();
    expect(await verifyFile(logFile)).toMatchObject({ faultCount: 0, elsewhere: facts });

    // One more fact that is not there is one too many.
    const db = new DatabaseSync(logFile);
    db.exec(`DELETE FROM fact WHERE position = (SELECT max(position) - 1 FROM fact)`);
    db.close();
    const { faults } = await verifyFile(logFile);
    expect(faults.map(({ kind }) => kind)).toContain('gap');

    // Beside the log it is found again.
    mkdirSync(join(dataDir, 'archive'));
    cpSync(`${archive}-elsewhere`, join(dataDir, 'archive'), { recursive: true });
    const found = openPast({ file: logFile, index: false });
    expect(found.stream(gone as never).length).toBeGreaterThan(2);
    found.close();
  }, 30_000);

  test('that was changed in its archive is found, by the file and by the chain', async () => {
    const dataDir = temporaryFolder();
    const archive = join(temporaryFolder(), 'archive');
    const logFile = join(dataDir, 'log.sqlite');
    const server = await openSimulatedServer({ dataDir, archive });
    await lived(server);
    await keepNothing(server);
    const { archives } = await server.api.ask('POST', '/v1/retention/run');
    await server.close();
    expect(await verifyFile(logFile)).toMatchObject({ faultCount: 0 });
    const unpacked = new DatabaseSync(join(dataDir, 'history', 'archives.sqlite'));
    const { position } = unpacked.prepare('SELECT position FROM fact ORDER BY position LIMIT 1 OFFSET 4').get() as { position: number };
    unpacked.prepare(`UPDATE fact SET by = by + 1 WHERE position = ?`).run(position);
    unpacked.close();
    expect((await verifyFile(logFile)).faults).toMatchObject([{ kind: 'changed', position }]);
    appendFileSync(join(archive, archives[0]), 'x');
    expect((await verifyFile(logFile)).faults[0]).toMatchObject({
      kind: 'archive',
      detail: expect.stringContaining(`${archives[0]}' is not what was recorded`),
    });
    rmSync(join(dataDir, 'history'), { recursive: true });
    const { faults, elsewhere } = await verifyFile(logFile);
    expect(faults).toMatchObject([{ kind: 'archive' }]);
    expect(elsewhere).toBeGreaterThan(10);
  }, 30_000);
});

test('an archiving that dies at any step leaves a whole log, and the next one goes on with it', async () => {
  const dataDir = temporaryFolder();
  const directory = join(temporaryFolder(), 'archive');
  const logFile = join(dataDir, 'log.sqlite');
  const server = await openSimulatedServer({ dataDir });
  await lived(server);
  await keepNothing(server);
  const before = decisive(server);
  const { engine } = server;
  const past = openPast({ file: logFile, index: false });
  const [then, dump] = [past.head(), JSON.stringify(dumpOf(past.views(past.head())))];
  past.close();
  const isWhole = async (): Promise<void> => {
    expect(await verifyFile(logFile)).toMatchObject({ faultCount: 0, elsewhere: 0 });
    const now = openPast({ file: logFile, index: false });
    expect(JSON.stringify(dumpOf(now.views(then)))).toBe(dump);
    now.close();
    expect(decisive(server)).toEqual(before);
  };
  const dying = (at: string) => ({
    engine,
    logFile,
    directory,
    factsPerArchive: 20,
    onStep: (step: string) => {
      if (step === at) throw new Error(`died when ${at}`);
    },
  });
  await expect(archiveEnded(dying('written'))).rejects.toThrow('died when written');
  await isWhole();
  expect(existsSync(directory)).toBe(true);
  await expect(archiveEnded(dying('recorded'))).rejects.toThrow('died when recorded');
  await isWhole();
  // What was recorded is gone on with, and dies in its first step again.
  await expect(archiveEnded(dying('removing'))).rejects.toThrow('died when removing');
  await isWhole();
  // A file that a dead process was writing is in nobody's way.
  writeFileSync(join(directory, 'archive-000000000001-aaaaaaaaaaaa.jsonl.zst.partial'), 'half');
  const run = await archiveEnded({ engine, logFile, directory, factsPerArchive: 20 });
  expect(run.archives.length).toBeGreaterThan(1);
  await isWhole();
  expect(streamsOf(logFile).length).toBeGreaterThan(run.streams);
  await server.close();
}, 30_000);
