import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { readKeys } from '../../src/adapters/keys/readKeys.ts';
import { openerOf } from '../../src/adapters/keys/sealer.ts';
import { openKeys } from '../../src/adapters/keys/sqliteKeys.ts';
import { SHREDDED } from '../../src/domain/kernel/codec.ts';
import { closedSealer } from '../../src/history/asOf/sealedTexts.ts';
import { framesOf, MAGIC } from '../../src/snapshots/frames.ts';
import { type KeepingOptions, keepSnapshots, snapshotIn } from '../../src/snapshots/keep.ts';
import { openViews } from '../../src/snapshots/open.ts';
import { readSnapshot, writeSnapshot } from '../../src/snapshots/snapshotFile.ts';
import { takeSnapshot } from '../../src/snapshots/take.ts';
import { historyNames, storedHistory } from '../support/histories.ts';
import { openSimulatedServer } from '../support/simulatedServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { appendAll } from './logOf.ts';

const TIMEOUT_MS = 60_000;
const facts = storedHistory(historyNames()[0] as string);
const HALF = facts.length >> 1;

const kept = (options: Pick<KeepingOptions, 'file' | 'snapshot' | 'head'> & Partial<KeepingOptions>) => {
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const hear = (text: string): void => {
    told.push(text);
    for (const each of waiting.splice(0)) each();
  };
  const keeping = keepSnapshots({
    from: 0,
    clock: systemClock(),
    everyFacts: 1,
    firstAfterMs: 0,
    restMs: 0,
    onTrouble: hear,
    onTaken: ({ position, folded }) => hear(`up to ${position}, of ${folded} facts`),
    ...options,
  });
  onTestFinished(() => keeping.close());
  return { close: keeping.close, told, next: () => new Promise<void>((resolve) => waiting.push(resolve)) };
};

test('snapshots are taken as the log grows, each out of the one before, by processes of their own', { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  const [file, snapshot] = [`${folder}/log.sqlite`, snapshotIn(folder)];
  await appendAll(file, facts.slice(0, HALF));
  let head = HALF;
  const keeping = kept({ file, snapshot, head: () => head });
  await keeping.next();
  await appendAll(file, facts.slice(HALF));
  head = facts.length;
  await keeping.next();
  await keeping.close();
  expect(keeping.told).toEqual([`up to ${HALF}, of ${HALF} facts`, `up to ${facts.length}, of ${facts.length - HALF} facts`]);
  const views = await openViews({ file, snapshot }, closedSealer.open, (text) => expect.unreachable(text));
  expect(views.position()).toBe(facts.length);
});

test('one that is being taken when its process is killed leaves the one before, and nothing else', { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  const [file, snapshot] = [`${folder}/log.sqlite`, snapshotIn(folder)];
  await appendAll(file, facts.slice(0, HALF));
  await takeSnapshot({ file, snapshot });
  const before = readFileSync(snapshot);
  await appendAll(file, facts.slice(HALF));
  // As a process leaves it that died while it wrote.
  writeFileSync(`${snapshot}.4242.new`, before.subarray(0, 100));
  const looked = Promise.withResolvers<void>();
  const keeping = kept({
    file,
    snapshot,
    head: () => {
      queueMicrotask(looked.resolve);
      return facts.length;
    },
  });
  await looked.promise;
  await keeping.close();
  expect(keeping.told).toEqual([]);
  expect(readdirSync(dirname(snapshot))).toEqual(['views.snapshot']);
  expect(readFileSync(snapshot).equals(before)).toBe(true);
});

test('why none was taken is told, and it is tried again', { timeout: TIMEOUT_MS }, async () => {
  const folder = temporaryFolder();
  const [file, snapshot] = [`${folder}/log.sqlite`, snapshotIn(folder)];
  const keeping = kept({ file, snapshot, head: () => facts.length });
  await keeping.next();
  expect(keeping.told).toEqual([expect.stringMatching(/^no snapshot was taken: ENOENT/)]);
  await appendAll(file, facts);
  while (keeping.told.at(-1)?.startsWith('up to') !== true) await keeping.next();
  expect(existsSync(snapshot)).toBe(true);
});

test('an engine begins where the snapshot ends, and makes no fact by it but its lease', { timeout: TIMEOUT_MS }, async () => {
  const dataDir = temporaryFolder();
  const [file, snapshot] = [`${dataDir}/log.sqlite`, snapshotIn(dataDir)];
  const first = await openSimulatedServer({ dataDir });
  await first.api.ask('POST', '/v2/apps', { id: '/web', cmd: 'serve', cpus: 0.1, mem: 32, instances: 3 });
  await first.atRest();
  const head = first.engine.log.head();
  await first.close();
  await takeSnapshot({ file, snapshot });
  // Something that no fact says: whoever shows it has it from the snapshot.
  const read = await readSnapshot(snapshot, { stands: () => true });
  const node = read?.states.nodes.rows.get('berth-1');
  if (read === undefined || node === undefined) throw new Error('nothing was kept');
  node.warnings = ['from the snapshot'];
  const { log, hash, removed } = await headOf(snapshot);
  writeSnapshot(snapshot, { log, hash, removed }, read);
  const second = await openSimulatedServer({ dataDir, nodes: 0 });
  onTestFinished(second.close);
  expect(second.engine.views.nodes.get('berth-1')?.warnings).toEqual(['from the snapshot']);
  expect(second.engine.views.instances.ofApp('/web').map(({ state }) => state)).toEqual(Array(3).fill('running.unchecked'));
  await second.api.ask('PUT', '/v2/apps//web', { instances: 4 });
  await second.atRest();
  const since = await second.engine.log.readAll({ after: head, max: 1_000 });
  const asked = since.findIndex(({ stream }) => stream.startsWith('request-'));
  expect(since.slice(0, asked).map(({ type }) => type)).toEqual(['LeaseTaken.v1']);
  expect(second.engine.views.instances.ofApp('/web').length).toBe(4);
});

const headOf = async (snapshot: string) =>
  JSON.parse(Buffer.from(await framesOf(readFileSync(snapshot)).next()).toString()) as { log: string; hash: string; removed: number };

test('what is sealed in the log is sealed in the snapshot, and stays closed when its key is gone', { timeout: TIMEOUT_MS }, async () => {
  const dataDir = temporaryFolder();
  const [file, snapshot] = [`${dataDir}/log.sqlite`, snapshotIn(dataDir)];
  const server = await openSimulatedServer({ dataDir });
  await server.api.ask('POST', '/v2/apps', { id: '/web', cmd: 'serve', cpus: 0.1, mem: 32, env: { PASSWORD: 'swordfish' } });
  await server.atRest();
  await server.close();
  await takeSnapshot({ file, snapshot });
  const frames = framesOf(readFileSync(snapshot));
  let pieces = 0;
  for (let piece = Buffer.from(await frames.next()); !piece.equals(MAGIC); piece = Buffer.from(await frames.next())) {
    expect(piece.includes('swordfish') || piece.includes(Buffer.from('swordfish', 'utf16le'))).toBe(false);
    pieces++;
  }
  expect(pieces).toBeGreaterThan(1);
  const passwordOf = async (): Promise<unknown> => {
    const keys = readKeys(`${dataDir}/keys.sqlite`);
    const views = await openViews({ file, snapshot }, openerOf(keys), (text) => expect.unreachable(text));
    keys.close();
    const { definition, versions, target } = views.apps.get('/web') ?? expect.unreachable('it is there');
    const known = [definition, versions[0]?.definition, views.apps.definition('/web', target.configVersion)];
    expect(new Set(known.map((each) => JSON.stringify(each))).size).toBe(1);
    return definition.env.PASSWORD;
  };
  expect(await passwordOf()).toBe('swordfish');
  const keys = openKeys(`${dataDir}/keys.sqlite`);
  keys.destroy('app:/web');
  keys.close();
  expect(await passwordOf()).toBe(SHREDDED);
});
