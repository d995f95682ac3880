import { join } from 'node:path';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Metadata, Server, ServerCredentials, status, type UntypedHandleCall } from '@grpc/grpc-js';
import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { createAppends } from '../../../../src/adapters/log/esdb/client/appends.ts';
import { explain } from '../../../../src/adapters/log/esdb/client/explain.ts';
import { openWire } from '../../../../src/adapters/log/esdb/client/wire.ts';
import { eventOf } from '../../../../src/adapters/log/wireEvent.ts';
import { NO_STREAM, type StoredFact } from '../../../../src/domain/kernel/ports.ts';
import { startStore } from '../../../support/storeProcess.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';
import { wireFact } from '../../../support/wireFacts.ts';

/** A node of a cluster that follows: it takes no appends, and says where the leader is, as EventStoreDB does (trailers of NotLeaderException). */
const follower = async (leader: number): Promise<{ readonly port: number; asked(): number; close(): void }> => {
  let asked = 0;
  const append: UntypedHandleCall = (call: { resume(): void; emit(event: 'error', error: unknown): void }) => {
    asked++;
    const metadata = new Metadata();
    metadata.set('exception', 'not-leader');
    metadata.set('leader-endpoint-host', '127.0.0.1');
    metadata.set('leader-endpoint-port', String(leader));
    call.resume();
    call.emit('error', { code: status.NOT_FOUND, details: 'Leader info available', metadata });
  };
  const server = new Server();
  const { append: definition } = StreamsService as unknown as Record<string, never>;
  server.addService({ append: definition } as never, { append });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { port, asked: () => asked, close: () => server.forceShutdown() };
};

test('an append that comes to a node which does not lead goes to the one that does, with the same ids', async () => {
  const store = await startStore(join(temporaryFolder(), 'store.sqlite'));
  const node = await follower(store.port);
  const wire = openWire(`esdb://127.0.0.1:${node.port}?tls=false`);
  const appends = createAppends({ wire, mirror: { readStream: async () => [] }, term: () => 0 });
  const facts = [wireFact(1), wireFact(2)];
  const answer = appends.append('app-/web', NO_STREAM, facts);

  let there = await wire.readStream('app-/web', 0, 10).catch(() => []);
  while (there.length === 0) there = await wire.readStream('app-/web', 0, 10).catch(() => []);
  expect(there.map(({ id }) => id)).toEqual(facts.map(({ id }) => id));
  expect(node.asked()).toBeGreaterThanOrEqual(1);

  const stored = facts.map((fact, revision): StoredFact => Object.assign(fact, { stream: 'app-/web', revision, position: revision + 1 }));
  appends.onMirrored(stored, new Set());
  expect(await answer).toEqual(E.right({ revision: 1, position: 2 }));
  expect(explain(Object.assign(new Error('5 NOT_FOUND'), { code: status.NOT_FOUND, metadata: notLeader() }))).toEqual({
    isPassing: true,
    text: 'another node of the cluster leads',
  });
  await wire.close();
  node.close();
  await store.kill();
});

test('a store that knows terms refuses an older one, and the log says which leads', async () => {
  const store = await startStore(join(temporaryFolder(), 'store.sqlite'));
  const wire = openWire(store.connection);
  await wire.append('app-/a', NO_STREAM, [eventOf(wireFact(1, { meta: { term: 5 } }))]);
  const appends = createAppends({ wire, mirror: { readStream: async () => [] }, term: () => 0 });
  const answer = await appends.append('app-/b', NO_STREAM, [wireFact(2, { meta: { term: 2 } })]);
  expect(answer).toEqual(E.left({ _tag: 'Fenced', term: 2, by: 5 }));
  await wire.close();
  await store.kill();
});

const notLeader = (): Metadata => {
  const metadata = new Metadata();
  metadata.set('exception', 'not-leader');
  return metadata;
};
