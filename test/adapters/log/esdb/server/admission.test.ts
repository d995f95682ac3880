import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonEvent } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { issueCertificates } from '../../../../support/certificates.ts';
import { clientOf, serveStore } from '../../../../support/esdbServer.ts';
import { openStore } from '../../../../support/eventStore.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';

const TOKEN = 'a-token_that-nobody-guesses';

const secured = async () => {
  const folder = temporaryFolder();
  await issueCertificates(folder, ['127.0.0.1']);
  const [certificate, key] = await Promise.all([readFile(join(folder, 'h1.pem')), readFile(join(folder, 'h1-key.pem'))]);
  const { store } = openStore();
  const { port } = await serveStore({ store, tls: { certificate, key, token: TOKEN } });
  const at = (user: string, more = `&tlsCaFile=${join(folder, 'ca.pem')}`) => clientOf(`esdb://${user}127.0.0.1:${port}?tls=true${more}`);
  return { at, port };
};

const event = () => jsonEvent({ type: 'A', data: {} });
const read = async (client: ReturnType<typeof clientOf>) => {
  for await (const { event: found } of client.readStream('s')) return found?.type;
  return undefined;
};

test('with TLS whoever gives the token as their password is let in, under any name, and nobody else', async () => {
  const { at } = await secured();
  const client = at(`anybody:${TOKEN}@`);
  await client.appendToStream('s', event());
  expect(await read(client)).toBe('A');
  await client.appendToStream('s', event(), { credentials: { username: 'another', password: TOKEN } });
  const refused = { type: 'access-denied' };
  for (const stranger of [at('anybody:wrong@'), at(`anybody:${TOKEN}x@`), at('')]) {
    await expect(read(stranger)).rejects.toMatchObject(refused);
    await expect(stranger.appendToStream('s', event(), { credentials: { username: 'a', password: 'b' } })).rejects.toMatchObject(refused);
    await expect(stranger.deleteStream('s')).rejects.toMatchObject(refused);
    await expect(
      (async () => {
        for await (const _ of stranger.subscribeToAll()) return;
      })(),
    ).rejects.toMatchObject(refused);
  }
  await expect(at('anybody:wrong@').appendToStream('s', event())).rejects.toThrow();
  expect(await read(client)).toBe('A');
});

test('a client that does not know who signed the certificate, or speaks without TLS, sends nothing', async () => {
  const { at, port } = await secured();
  await expect(read(at(`any:${TOKEN}@`, ''))).rejects.toMatchObject({
    type: 'unavailable',
    message: expect.stringMatching(/certificate/i),
  });
  await expect(read(clientOf(`esdb://any:${TOKEN}@127.0.0.1:${port}?tls=false`))).rejects.toMatchObject({ type: 'unavailable' });
});
