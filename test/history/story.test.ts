import { either as E } from 'fp-ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { keyOf, nounOf, streamOf } from '../../src/domain/kernel/ids.ts';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import type { StoryFilter } from '../../src/domain/ports/story.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import { storiesOf } from '../../src/history/story.ts';
import { openPast } from '../../src/openPast.ts';
import { simulate } from '../simulation/simulate.ts';
import { cluster, comesToRest, deploy, ofWeb } from '../support/stories.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { factsOf, pastOf } from './recorded.ts';

const ALL: StoryFilter = { types: [], nouns: [] };
const positions = (facts: readonly Recorded[]) => facts.map(({ position }) => position);
const web = (version: number, more: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: `serve ${version}`,
  cpus: 1,
  mem: 64,
  instances: 3,
  ...more,
});
const subjectOf = (stories: ReturnType<typeof storiesOf>, name: string) => {
  const subject = stories.find(name);
  if (subject === undefined) throw new Error(`nobody is called ${name}`);
  return subject;
};

/** What belongs to an app, by looking at every fact there is. */
const byLooking = (facts: readonly Recorded[], app: string): readonly Recorded[] => {
  const streams = new Set([streamOf('app', app)]);
  for (const { stream, fact } of facts)
    if ((fact.type === 'InstanceRequested' || fact.type === 'DeploymentStarted') && (fact as { app?: string }).app === app)
      streams.add(stream);
  const roots = new Set(facts.filter(({ stream }) => streams.has(stream)).map(({ meta }) => streamOf('request', meta.correlationId)));
  return facts.filter(
    ({ stream, fact }) =>
      streams.has(stream) ||
      roots.has(stream) ||
      (nounOf(stream) === 'request' && streams.has((fact as { subject?: string }).subject ?? '')),
  );
};

describe.each([12, 13, 14])('stories of the history of seed %i', (seed) => {
  test('are all that belongs to an app, in the order of the log, in pages or whole', async () => {
    const { world } = await simulate(seed);
    const facts = factsOf(world);
    const past = arrayPast(facts);
    const stories = storiesOf(past);
    const apps = new Set(facts.filter(({ stream }) => nounOf(stream) === 'app').map(({ stream }) => keyOf(stream)));
    expect(apps.size).toBeGreaterThan(0);
    for (const app of apps) {
      const wanted = positions(byLooking(facts, app));
      const subject = subjectOf(stories, app);
      const span = { after: 0, upTo: past.head() };
      expect(positions(stories.page(subject, span, ALL, 1_000_000).facts)).toEqual(wanted);
      const turned: number[] = [];
      for (let after: number | undefined = 0; after !== undefined; ) {
        const { facts: page, next } = stories.page(subject, { ...span, after }, ALL, 7);
        turned.push(...positions(page));
        expect(next === undefined || page.length === 7).toBe(true);
        after = next;
      }
      expect(turned).toEqual(wanted);
      expect(positions(stories.last(subject, span, ALL, 5))).toEqual(wanted.slice(-5));
      const half = { after: Math.floor(past.head() / 3), upTo: Math.floor(past.head() / 2) };
      const by = positions(
        byLooking(
          facts.filter(({ position }) => position <= half.upTo),
          app,
        ),
      );
      expect(positions(stories.page(subject, half, ALL, 1_000_000).facts)).toEqual(by.filter((at) => at > half.after));
    }
  });

  test('are followed from any moment: what comes is told once, whatever began before', async () => {
    const { world } = await simulate(seed);
    const facts = factsOf(world);
    const split = Math.floor(facts.length / 2);
    const [before, after] = [facts.slice(0, split), facts.slice(split)];
    const stories = storiesOf(arrayPast(before));
    const app = before.find(({ stream }) => nounOf(stream) === 'app')?.stream ?? '';
    const belongs = stories.follow(subjectOf(stories, keyOf(app)), ALL);
    const streams = new Set(
      byLooking(facts, keyOf(app))
        .filter(({ stream }) => nounOf(stream) !== 'request')
        .map(({ stream }) => stream),
    );
    const isOf = ({ stream, fact }: Recorded) => streams.has(stream) || streams.has((fact as { subject?: string }).subject ?? '');
    expect(positions(after.filter(belongs))).toEqual(positions(after.filter(isOf)));
  });
});

test('a story is filtered by type, noun, principal and words of its sentences, and a refusal is part of it', async () => {
  const world = await cluster(2);
  await deploy(world, web(1));
  await deploy(world, web(2));
  await comesToRest(world);
  const past = pastOf(world);
  const stories = storiesOf(past);
  const web1 = subjectOf(stories, '/web');
  const span = { after: 0, upTo: past.head() };
  const types = (filter: Partial<StoryFilter>) =>
    new Set(stories.page(web1, span, { ...ALL, ...filter }, 1000).facts.map(({ fact }) => fact.type));
  expect(types({ types: ['ContainerStarted'] })).toEqual(new Set(['ContainerStarted']));
  expect(types({ nouns: ['app'] })).toEqual(new Set(['AppVersionAdded', 'DeploymentBegan', 'DeploymentEnded']));
  expect(types({ grep: 'REFUSED (APP-LOCKED)' })).toEqual(new Set(['RequestReceived']));
  expect(types({ by: 'operator', nouns: ['request'] })).toEqual(new Set(['RequestReceived']));
  expect(types({ by: 'nobody' })).toEqual(new Set());
});

test('everything that has a stream is found by what it is called, and by the name of the stream', async () => {
  const world = await cluster(2);
  const { deployment } = await deploy(world, web(1));
  await comesToRest(world);
  const past = pastOf(world);
  const stories = storiesOf(past);
  const [instance] = ofWeb(world);
  const request = past.stream('app-/web')[0]?.meta.correlationId ?? '';
  for (const [name, stream] of [
    ['/web', 'app-/web'],
    ['web', 'app-/web'],
    ['n1', 'node-n1'],
    [deployment, `deployment-${deployment}`],
    [instance?.id ?? '', `instance-${instance?.id}`],
    [`web.instance-${instance?.id}`, `instance-${instance?.id}`],
    [request, `request-${request}`],
    ['node-n1', 'node-n1'],
    ['lease-engine', 'lease-engine'],
  ] as const)
    expect(stories.find(name)?.stream, name).toBe(stream);
  expect(stories.find('nobody')).toBeUndefined();
  const { facts } = stories.page(subjectOf(stories, request), { after: 0, upTo: past.head() }, ALL, 100);
  expect(facts.map(({ fact }) => fact.type)).toEqual(expect.arrayContaining(['RequestReceived', 'AppVersionAdded']));
});

test('the index of a log file answers as a past in memory: requests that were meant for a stream, and the stories made of them', async () => {
  const { world } = await simulate(13);
  const folder = temporaryFolder();
  const log = await openSqliteLog({ path: `${folder}/log.sqlite`, synchronous: 'OFF' });
  for (const { stream, revision, id, type, data, meta } of world.log.facts) {
    const appended = await log.append(stream, revision - 1, [{ id, type, data, meta }]);
    if (E.isLeft(appended)) throw new Error(JSON.stringify(appended.left));
  }
  await log.close();
  const facts = factsOf(world);
  const indexed = openPast({ file: `${folder}/log.sqlite` });
  const bare = openPast({ file: `${folder}/log.sqlite`, index: false });
  onTestFinished(() => {
    indexed.close();
    bare.close();
  });
  indexed.catchUp();
  const inMemory = arrayPast(facts);
  const span = { after: 0, upTo: inMemory.head() };
  const subjects = new Set(facts.map(({ stream }) => stream));
  for (const past of [indexed, bare])
    for (const stream of subjects) {
      expect(positions(past.requestsFor(stream))).toEqual(positions(inMemory.requestsFor(stream)));
      if (nounOf(stream) !== 'app') continue;
      const [told, wanted] = [storiesOf(past), storiesOf(inMemory)].map((stories) =>
        positions(stories.page(subjectOf(stories, keyOf(stream)), span, ALL, 1_000_000).facts),
      );
      expect(told).toEqual(wanted);
    }
});
