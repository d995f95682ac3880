import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../src/adapters/log/sqlite/sqliteLog.ts';
import { startKafka } from '../src/kafkaServer.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { wireFact } from './support/wireFacts.ts';

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await pause(20);
};

test('the thread is started again after it ended, and says what keeps it from publishing', async () => {
  const folder = temporaryFolder();
  const logFile = join(folder, 'log.sqlite');
  const troubles: string[] = [];
  const server = startKafka(
    // The port of TCP's own multiplexer: nobody listens there.
    { logFile, publishedFile: join(folder, 'p.json'), connection: { brokers: ['127.0.0.1:1'] }, prefix: 'p', mode: 'structured' },
    (text) => troubles.push(text),
  );
  onTestFinished(() => server.close());
  await until(() => troubles.length > 0);
  expect(troubles).toEqual([`the publisher to Kafka ended: there is no log '${logFile}'`]);

  const log = await openSqliteLog({ path: logFile });
  onTestFinished(() => log.close());
  await log.append('instance-1', -1, [wireFact(1), wireFact(2)]);
  await until(() => server.status().trouble !== null);
  const { trouble, ...status } = server.status();
  expect(trouble?.text).toContain('ECONNREFUSED');
  expect(status).toMatchObject({ brokers: ['127.0.0.1:1'], cluster: null, position: 0, head: 2, lagFacts: 2, published: 0 });
  expect(status.errors).toBeGreaterThan(0);
  expect(troubles).toHaveLength(2);
});

test('it ends in time beside a broker that accepts and never answers', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const connected = once(silent, 'connection');
  const folder = temporaryFolder();
  const logFile = join(folder, 'log.sqlite');
  const log = await openSqliteLog({ path: logFile });
  onTestFinished(() => log.close());
  await log.append('instance-1', -1, [wireFact(1)]);
  const { port } = silent.address() as { readonly port: number };
  const connection = { brokers: [`127.0.0.1:${port}`] };
  const server = startKafka({ logFile, publishedFile: join(folder, 'p.json'), connection, prefix: 'p', mode: 'structured' }, () => {});
  const [socket] = await connected;
  await server.close();
  socket.destroy();
  expect(server.status()).toMatchObject({ position: 0, cluster: null });
});
