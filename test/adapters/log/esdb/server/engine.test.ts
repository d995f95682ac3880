import { readFile } from 'node:fs/promises';
import { EventStoreDBClient, jsonEvent, START, streamNameFilter } from '@eventstore/db-client';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../../../../src/main.ts';
import { apiOf } from '../../../../support/api.ts';
import { startKurrent } from '../../../../support/askKurrent.ts';
import { clientOf } from '../../../../support/esdbServer.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';

test('an engine’s history is read and followed by both clients while it runs, and nobody else writes it', async () => {
  const dataDir = temporaryFolder();
  const server = await startServer({ dataDir, listen: { port: 0 }, localNodes: false, esdb: { host: '127.0.0.1', port: 0 } });
  onTestFinished(server.close);
  const api = apiOf(server.url, (await readFile(server.tokenFile, 'utf8')).trim());
  const connection = `127.0.0.1:${server.esdb?.port}?tls=false`;
  const client = clientOf(`esdb://${connection}`);
  const kurrent = startKurrent(`kurrentdb://${connection}`);

  // One app before anybody follows, one while both do.
  await api.ask('PUT', '/v2/apps/before', { cmd: 'sleep 1000', instances: 1 });
  const following = client.subscribeToAll({ fromPosition: START, filter: streamNameFilter({ prefixes: ['app-'] }) });
  const followed = (async () => {
    const found: string[] = [];
    for await (const { event } of following) {
      found.push(`${event?.revision}@${event?.streamId} ${event?.type}`);
      if (event?.streamId === 'app-/after' && event.type === 'DeploymentBegan.v1') break;
    }
    return found;
  })();
  const caughtUp = [new Promise<void>((resolve) => following.once('caughtUp', resolve)), Promise.withResolvers<void>()] as const;
  const byKurrent = kurrent.ask({ do: 'follow', streams: ['app-', 'done'], until: 'Done' }, caughtUp[1].resolve);
  await Promise.all([caughtUp[0], caughtUp[1].promise]);
  await api.ask('PUT', '/v2/apps/after', { cmd: 'sleep 1000', instances: 1 });
  const mine = await followed;
  await client.appendToStream('done', jsonEvent({ type: 'Done', data: {} }));

  const facts = (await server.log.readAll({ after: 0, max: 1_000 })).filter(({ stream }) => stream.startsWith('app-'));
  const expected = facts.map(({ stream, revision, type }) => `${revision}@${stream} ${type}`);
  expect(mine).toEqual(expected.slice(0, mine.length));
  expect(mine.at(-1)).toContain('/after');
  const theirs = (await byKurrent).map(({ stream, revision, type }) => `${revision}@${stream} ${type}`);
  expect(theirs).toEqual([...expected.slice(0, theirs.length - 1), '0@done Done']);

  for await (const { event } of client.readStream('app-/before', { maxCount: 1 })) {
    const { id, data, meta } = facts[0] ?? expect.fail('no fact');
    expect(event).toMatchObject({
      id,
      data: JSON.parse(data),
      metadata: { $correlationId: meta.correlationId, state: meta.state, term: 1 },
    });
  }
  const classic = { credentials: { username: 'a', password: 'b' } };
  const denied = { type: 'access-denied', message: expect.stringContaining('which alone writes it') };
  const event = jsonEvent({ type: 'A', data: {} });
  await expect(client.appendToStream('app-/before', event, classic)).rejects.toMatchObject(denied);
  await expect(client.tombstoneStream('app-/before')).rejects.toMatchObject(denied);
  await expect(kurrent.ask({ do: 'append', stream: 'app-/before', types: ['A'] })).rejects.toMatchObject({ name: 'access-denied' });
  expect(server.engine.quarantined().size ?? 0).toBe(0);
});

test('a port that is taken keeps the engine from starting, and is named', async () => {
  const first = await startServer({
    dataDir: temporaryFolder(),
    listen: { port: 0 },
    localNodes: false,
    esdb: { host: '127.0.0.1', port: 0 },
  });
  onTestFinished(first.close);
  const port = first.esdb?.port ?? 0;
  const second = startServer({ dataDir: temporaryFolder(), listen: { port: 0 }, localNodes: false, esdb: { host: '127.0.0.1', port } });
  await expect(second).rejects.toThrow(`127.0.0.1:${port} is taken; --esdb-port names another`);
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  onTestFinished(() => void client.dispose());
  expect((await client.appendToStream('still', jsonEvent({ type: 'A', data: {} }))).success).toBe(true);
});
