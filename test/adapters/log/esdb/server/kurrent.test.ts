import { describe, expect, test } from 'vitest';
import { startKurrent } from '../../../../support/askKurrent.ts';
import { clientOf, serveStore } from '../../../../support/esdbServer.ts';
import { openStoreOverLog, right } from '../../../../support/eventStore.ts';
import { wireFact } from '../../../../support/wireFacts.ts';

const labels = (events: readonly { readonly stream: string; readonly revision: number; readonly type: string }[]) =>
  events.map(({ stream, revision, type }) => `${revision}@${stream} ${type}`);

describe('a second client, that shares no code with the first one’s reads, finds the same', () => {
  test('in all that a client does', async () => {
    const { store, log } = await openStoreOverLog();
    const { port } = await serveStore({ store });
    const connection = `127.0.0.1:${port}?tls=false`;
    const kurrent = startKurrent(`kurrentdb://${connection}`);
    right(await log.append('app-/web', -1, [wireFact(1), wireFact(2)]));

    expect(await kurrent.ask<number>({ do: 'append', stream: 'a', types: ['A0', 'A1'], at: 'no_stream' })).toBe(1);
    expect(await kurrent.ask<number>({ do: 'append', stream: 'a', types: ['A2'], at: 1 })).toBe(2);
    await expect(kurrent.ask({ do: 'append', stream: 'a', types: ['A3'], at: 7 })).rejects.toMatchObject({
      name: 'wrong-expected-version',
    });
    await expect(kurrent.ask({ do: 'append', stream: 'app-/web', types: ['A3'] })).rejects.toMatchObject({ name: 'access-denied' });

    expect(labels(await kurrent.ask({ do: 'read', stream: 'a', backwards: true, max: 2 }))).toEqual(['2@a A2', '1@a A1']);
    await expect(kurrent.ask({ do: 'read', stream: 'nothing' })).rejects.toMatchObject({ name: 'stream-not-found' });
    expect(await kurrent.ask({ do: 'read', stream: 'app-/web' })).toMatchObject([
      { revision: 0, type: 'InstancePlaced.v1', data: { node: 'node-1' }, metadata: { by: 'engine', state: 'starting' } },
      { revision: 1 },
    ]);
    const all = ['0@app-/web InstancePlaced.v1', '1@app-/web InstancePlaced.v1', '0@a A0', '1@a A1', '2@a A2'];
    expect(labels(await kurrent.ask({ do: 'readAll' }))).toEqual(all);
    expect(labels(await kurrent.ask({ do: 'readAll', backwards: true }))).toEqual([...all].reverse());
    expect(labels(await kurrent.ask({ do: 'readAll', streams: ['app-'], max: 5 }))).toEqual(all.slice(0, 2));

    await kurrent.ask({ do: 'describe', stream: 'a', maxCount: 1 });
    expect(await kurrent.ask({ do: 'description', stream: 'a' })).toEqual({ maxCount: 1 });
    expect(labels(await kurrent.ask({ do: 'read', stream: 'a' }))).toEqual(['2@a A2']);

    const followed = kurrent.ask({ do: 'follow', streams: ['app-', 'b'], until: 'Last' }, () => {
      void log.append('app-/web', 1, [wireFact(3)]).then(() => store.append('b', 'any', [last]));
    });
    expect(labels(await followed)).toEqual([...all.slice(0, 2), '2@app-/web InstancePlaced.v1', '0@b Last']);
    expect(labels(await kurrent.ask({ do: 'follow', stream: 'b', until: 'Last' }))).toEqual(['0@b Last']);
    expect(labels(await kurrent.ask({ do: 'follow', types: '^A2$|^Last$', until: 'Last' }))).toEqual(['2@a A2', '0@b Last']);

    await kurrent.ask({ do: 'delete', stream: 'a' });
    await expect(kurrent.ask({ do: 'read', stream: 'a' })).rejects.toMatchObject({ name: 'stream-not-found' });
    expect(await kurrent.ask<number>({ do: 'append', stream: 'a', types: ['A3'], at: 'no_stream' })).toBe(3);
    await kurrent.ask({ do: 'tombstone', stream: 'a' });
    await expect(kurrent.ask({ do: 'read', stream: 'a' })).rejects.toMatchObject({ name: 'stream-deleted' });
    await expect(kurrent.ask({ do: 'append', stream: 'a', types: ['A4'] })).rejects.toMatchObject({ name: 'stream-deleted' });

    // What the first client reads is what the second one wrote, and the other way round.
    const types: string[] = [];
    for await (const { event } of clientOf(`esdb://${connection}`).readStream('app-/web')) types.push(`${event?.revision}`);
    expect(types).toEqual(['0', '1', '2']);
  });
});

const last = {
  id: '11111111-2222-4333-8444-555555555555',
  type: 'Last',
  contentType: 'application/json',
  data: Buffer.from('{}'),
  metadata: new Uint8Array(),
} as const;
