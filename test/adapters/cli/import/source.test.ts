import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addressOf } from '../../../../src/adapters/cli/import/marathon/login.ts';
import { readSource } from '../../../../src/adapters/cli/import/marathon/source.ts';
import { issueCertificates } from '../../../support/certificates.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';
import { fakeMarathon, group, holding, of14 } from './fakeMarathon.ts';

const answers = holding(group('/', { apps: [of14('/web')] }));
const idle = new AbortController().signal;
const read = (url: string, { token, ca }: { readonly token?: string; readonly ca?: string } = {}) =>
  readSource(addressOf(url, token), { signal: idle, ...(ca !== undefined && { ca }) });

test('a source is read over its address, whatever of the API is written behind it', async () => {
  const { url } = await fakeMarathon({ answers });
  for (const address of [url, `${url}/`, `${url}/v2/apps`])
    expect(await read(address)).toMatchObject({ where: url, version: '1.4.5', wanted: { apps: [{ id: '/web' }] } });
});

test('a login goes as basic, as DC/OS takes its token, or as Bearer; without one it is asked for', async () => {
  const basic = await fakeMarathon({ answers, authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
  const named = basic.url.replace('//', '//me:p%40ss@');
  expect(await read(named)).toMatchObject({ where: basic.url });
  await expect(read(basic.url)).rejects.toMatchObject({
    message: `${basic.url} wants a login: user:password@ in the address, or --token`,
    exitCode: 1,
  });
  await expect(read(basic.url.replace('//', '//me:wrong@'))).rejects.toMatchObject({
    message: `${basic.url} does not accept this login (401)`,
  });
  for (const [prefix, authorization] of [
    ['/service/marathon', 'token=abc'],
    ['/service/marathon', 'Bearer abc'],
    ['', 'Bearer abc'],
    ['', 'token=abc'],
  ] as const) {
    const { url } = await fakeMarathon({ answers, authorization, prefix });
    expect((await read(url, { token: 'abc' })).wanted.apps).toHaveLength(1);
  }
});

test('what is no address, or two logins, is said before anybody is asked', () => {
  expect(() => addressOf('old:8080', undefined)).toThrow(
    "'old:8080' is no address of a Marathon; it looks like http://marathon.example:8080",
  );
  expect(() => addressOf('ftp://me:secret@old', undefined)).toThrow("'ftp://old' is no address");
  expect(() => addressOf('http://me:secret@old', 'abc')).toThrow('a login in the address and a token are two; give one of them');
});

test('whoever answers and is no Marathon is told so', async () => {
  const page = await fakeMarathon({ answers: { '/v2/info': '<html>hello</html>' } });
  await expect(read(page.url)).rejects.toMatchObject({
    message: `${page.url} answers, but is no Marathon: /v2/info is text/html`,
    exitCode: 1,
  });
  const other = await fakeMarathon({ answers: {} });
  await expect(read(other.url)).rejects.toMatchObject({
    message: `${other.url} answers, but is no Marathon: it has neither groups nor apps`,
  });
});

test('nobody there is said in plain words', async () => {
  await expect(read('http://127.0.0.1:1')).rejects.toMatchObject({
    message: 'no Marathon answers at http://127.0.0.1:1: connection refused',
    exitCode: 3,
  });
});

test('a certificate must be vouched for: by the authority that is named, or not at all', async () => {
  const folder = temporaryFolder();
  const { ca } = await issueCertificates(folder, ['127.0.0.2']);
  const tls = { key: readFileSync(join(folder, 'h1-key.pem'), 'utf8'), cert: readFileSync(join(folder, 'h1.pem'), 'utf8') };
  const { url } = await fakeMarathon({ answers, tls, prefix: '/service/marathon', authorization: 'token=abc' });
  expect(await read(url, { ca, token: 'abc' })).toMatchObject({ where: url });
  await expect(read(url)).rejects.toMatchObject({
    message: expect.stringMatching(/^the certificate of https:\/\/127\.0\.0\.1:\d+\/service\/marathon is not trusted: /),
    details: ["--ca names a file with its authority's certificate"],
    exitCode: 3,
  });
  const plain = await fakeMarathon({ answers });
  await expect(read(plain.url.replace('http:', 'https:'))).rejects.toMatchObject({
    message: `${plain.url.replace('http:', 'https:')} does not speak TLS; is it http://?`,
  });
});
