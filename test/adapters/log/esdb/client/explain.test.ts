import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { explain, type Trouble } from '../../../../../src/adapters/log/esdb/client/explain.ts';
import { openWire } from '../../../../../src/adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from '../../../../../src/adapters/log/sqlite/sqliteLog.ts';
import { type EsdbServing, type EsdbServingOptions, serveEsdb } from '../../../../../src/esdbServing.ts';
import { selfSigned } from '../../../../support/certificates.ts';
import { folderForFile } from '../../../../support/temporaryFolder.ts';

/** What real servers and real networks say, in words for whoever runs an engine. */

const folder = folderForFile();
const TOKEN = 'the-token';
let plain: EsdbServing;
let secure: EsdbServing;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const [mine, another] = await Promise.all([selfSigned('localhost'), selfSigned('localhost')]);
  writeFileSync(at('ca.pem'), mine.certificate);
  writeFileSync(at('another.pem'), another.certificate);
  const certificate = { chain: mine.certificate, key: mine.key };
  const served = await Promise.all([{ token: '' }, { token: TOKEN, certificate }].map((way, nth) => serve(at(`${nth}/log.sqlite`), way)));
  [plain, secure] = served as [EsdbServing, EsdbServing];
  return async () => void (await Promise.all(served.map((each) => each.close())));
});

const serve = async (file: string, way: Pick<EsdbServingOptions, 'token' | 'certificate'>): Promise<EsdbServing> => {
  // A folder each: beside a log stand the streams of others.
  mkdirSync(dirname(file), { recursive: true });
  const log = await openSqliteLog({ path: file, synchronous: 'OFF' });
  const serving = await serveEsdb({ file, facts: log, host: '127.0.0.1', port: 0, ...way });
  return { ...serving, close: () => serving.close().then(log.close) };
};

const troubleAt = async (connection: string): Promise<Trouble> => {
  const wire = openWire(connection);
  try {
    await wire.readStream('lease-engine', 'end', 1);
  } catch (error) {
    return explain(error);
  } finally {
    await wire.close();
  }
  throw new Error('it was answered');
};

test('with the right words it is answered', async () => {
  for (const connection of [
    `esdb://127.0.0.1:${plain.port}?tls=false`,
    `esdb://engine:${TOKEN}@localhost:${secure.port}?tlsCAFile=${at('ca.pem')}`,
  ])
    await expect(troubleAt(connection)).rejects.toThrow('it was answered');
});

describe('what will not get better by itself', () => {
  test.for([
    ['a wrong password', () => `esdb://engine:wrong@localhost:${secure.port}?tlsCAFile=${at('ca.pem')}`, /no such user, or the password/],
    ['no password', () => `esdb://localhost:${secure.port}?tlsCAFile=${at('ca.pem')}`, /no such user, or the password|denies access/],
    [
      'another authority',
      () => `esdb://engine:${TOKEN}@localhost:${secure.port}?tlsCAFile=${at('another.pem')}`,
      /certificate is not trusted/,
    ],
    ['TLS to a port without', () => `esdb://engine:${TOKEN}@localhost:${plain.port}`, /speaks TLS and the other does not/],
  ] as const)('%s', async ([, connection, text]) => {
    expect(await troubleAt(connection())).toEqual({ isPassing: false, text: expect.stringMatching(text) });
  });
});

describe('what may get better by itself', () => {
  test('a port where nobody listens', async () => {
    expect(await troubleAt('esdb://127.0.0.1:1?tls=false')).toEqual({
      isPassing: true,
      text: expect.stringMatching(/^nobody answers there \(connect ECONNREFUSED 127\.0\.0\.1:1\)/),
    });
  });

  test('no TLS to a port with, which looks like one that is not ready', async () => {
    expect(await troubleAt(`esdb://127.0.0.1:${secure.port}?tls=false`)).toEqual({
      isPassing: true,
      text: expect.stringMatching(/^whoever listens there ends every connection; a store with TLS does so/),
    });
  });

  test('a host of no such name', async () => {
    expect(await troubleAt('esdb://no-such-host.invalid:2113?tls=false')).toEqual({
      isPassing: true,
      text: expect.stringMatching(/^the store's host has no address: .*no-such-host\.invalid/),
    });
  });

  test('discovery at something that is no cluster', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const connection = `esdb+discover://127.0.0.1:${port}?tls=false&maxDiscoverAttempts=1&discoveryInterval=10&gossipTimeout=1`;
    expect(await troubleAt(connection)).toEqual({
      isPassing: true,
      text: expect.stringMatching(/^no node answers as a member of a cluster/),
    });
  });
});
