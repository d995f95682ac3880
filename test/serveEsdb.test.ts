import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { jsonEvent } from '@eventstore/db-client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSqliteLog } from '../src/adapters/log/sqlite/sqliteLog.ts';
import { startEsdb } from '../src/esdbServer.ts';
import { esdbOf } from '../src/serveEsdb.ts';
import { selfSigned } from './support/certificates.ts';
import { clientOf } from './support/esdbServer.ts';
import { startStore } from './support/storeProcess.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

describe('the flags on EventStoreDB’s protocol', () => {
  test.each([
    [{ esdbHost: '10.0.0.7' }, '--esdb-host says how --esdb-port is served'],
    [{ esdbInsecure: true }, '--esdb-insecure says how --esdb-port is served'],
    [{ esdbPort: 2113 }, '--esdb-port needs --esdb-certificate FILE.pem, or, on loopback alone, --esdb-insecure'],
    [{ esdbPort: 2113, esdbHost: '10.0.0.7', esdbInsecure: true }, '--esdb-insecure is for loopback only, not for 10.0.0.7'],
    [{ esdbPort: 2113, esdbCertificate: 'a.pem', esdbInsecure: true }, '--esdb-insecure is without'],
    [{ esdbPort: 2113, esdbCertificate: '/nowhere/a.pem' }, "the certificate '/nowhere/a.pem' can't be used"],
  ])('%j is refused', async (flags, why) => {
    await expect(esdbOf(flags)).rejects.toThrow(why);
  });

  test('take one file with a certificate and its key', async () => {
    const file = join(temporaryFolder(), 'tls.pem');
    const { certificate, key } = await selfSigned('store.internal');
    await writeFile(file, certificate);
    const flags = { esdbPort: 0, esdbHost: '10.0.0.7', esdbCertificate: file };
    await expect(esdbOf(flags)).rejects.toThrow('a certificate and a key');
    await writeFile(file, `${key}\n${certificate}`);
    expect(await esdbOf(flags)).toEqual({ host: '10.0.0.7', port: 0, certificate: { chain: certificate.trim(), key: key.trim() } });
    expect(await esdbOf({})).toBeUndefined();
  });
});

test('a thread that ends is started again at the same port, and clients go on', async () => {
  const file = join(temporaryFolder(), 'log.sqlite');
  await (await openSqliteLog({ path: file })).close();
  const told = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => told.mockRestore());
  const troubles: string[] = [];
  const esdb = await startEsdb({ file, host: '127.0.0.1', port: 0, token: '' }, (text) => troubles.push(text));
  onTestFinished(esdb.close);
  const client = clientOf(`esdb://127.0.0.1:${esdb.port}?tls=false`);
  const classic = { credentials: { username: 'a', password: 'b' } };
  const append = () => client.appendToStream('s', jsonEvent({ type: 'A', data: {} }), classic);
  await append();
  esdb.advanced();
  await (told.mock.contexts.at(-1) as unknown as Worker).terminate();
  await expect
    .poll(
      () =>
        append().then(
          ({ nextExpectedRevision }) => nextExpectedRevision,
          () => undefined,
        ),
      { timeout: 20_000 },
    )
    .toBe(1n);
  expect(troubles).toEqual([expect.stringContaining('started again')]);
});

test('wharf log serve asks for the token that it has made beside the log, and one process serves a log', async () => {
  const folder = temporaryFolder();
  const [file, pem] = [join(folder, 'log.sqlite'), join(folder, 'tls.pem')];
  const { certificate, key } = await selfSigned('localhost');
  await writeFile(pem, `${certificate}\n${key}`);
  const store = await startStore(file, ['--esdb-certificate', pem]);
  onTestFinished(() => store.kill());
  const token = (await readFile(join(folder, 'token'), 'utf8')).trim();
  const read = async (user: string) => {
    for await (const _ of clientOf(`esdb://${user}@localhost:${store.port}?tls=true&tlsCaFile=${pem}`).readAll()) return 'something';
    return 'nothing';
  };
  expect(await read(`engine:${token}`)).toBe('nothing');
  await expect(read('engine:wrong')).rejects.toMatchObject({ type: 'access-denied' });
  await expect(startStore(file)).rejects.toThrow('in use by another engine');
  await store.kill('SIGTERM');
  expect(store.exitCode).toBe(0);
});
