import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { realGateSources } from '../../../src/adapters/gates/gateSources.ts';
import { SELF_SIGNED } from '../probes/certificate.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const listening = async (server: http.Server | https.Server): Promise<string> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${server instanceof https.Server ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const question = (url: string, more: object = {}) => ({ url, timeoutMs: 2_000, verifyTls: true, ...more });

describe('a URL', () => {
  test('answers with its status; a redirection is not followed', async () => {
    const url = await listening(http.createServer((_, answer) => answer.writeHead(302, { location: '/else' }).end()));
    expect(await realGateSources.http(question(url))).toEqual({ _tag: 'Answered', status: 302 });
  });
  test('that nobody listens at has failed', async () => {
    const server = http.createServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await realGateSources.http(question(url))).toMatchObject({ _tag: 'Failed', cause: expect.stringContaining('ECONNREFUSED') });
  });
  test('that does not answer in time has failed, and its connection is let go', async () => {
    const gone = Promise.withResolvers<void>();
    const url = await listening(http.createServer((request) => request.on('close', gone.resolve)));
    expect(await realGateSources.http(question(url, { timeoutMs: 50 }))).toEqual({ _tag: 'Failed', cause: 'no answer in 50 ms' });
    await gone.promise;
  });
  test('whose certificate nobody vouches for has failed, unless the gate does not care', async () => {
    const url = await listening(https.createServer(SELF_SIGNED, (_, answer) => answer.end()));
    expect(await realGateSources.http(question(url))).toMatchObject({ _tag: 'Failed' });
    expect(await realGateSources.http(question(url, { verifyTls: false }))).toEqual({ _tag: 'Answered', status: 200 });
  });
  test('with a name and a password is asked with them', async () => {
    const url = await listening(http.createServer(({ headers }, answer) => answer.writeHead(headers.authorization ? 200 : 401).end()));
    expect(await realGateSources.http(question(url.replace('//', '//me:secret@')))).toEqual({ _tag: 'Answered', status: 200 });
  });
});

/** Prometheus as far as its query API goes: what it is asked, and what it says. */
const prometheus = async (answer: unknown, { status = 200, base = '' } = {}) => {
  const asked: string[] = [];
  const url = await listening(
    http.createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://p');
      if (pathname !== `${base}/api/v1/query`) return response.writeHead(404).end('404 page not found');
      asked.push(searchParams.get('query') ?? '');
      response.writeHead(status, { 'content-type': 'application/json' });
      return response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    }),
  );
  const ask = (query = 'up', more: object = {}) => realGateSources.prometheus({ ...question(`${url}${base}`, more), query });
  return { url, asked, ask };
};
const success = (resultType: string, result: unknown) => ({ status: 'success', data: { resultType, result } });
const vector = (...values: string[]) =>
  success(
    'vector',
    values.map((value) => ({ metric: {}, value: [1_893_456_000.123, value] })),
  );

describe('Prometheus', () => {
  test('answers one value with the instant that it is of', async () => {
    const { ask, asked } = await prometheus(vector('0.25'));
    const query = 'sum(rate(errors{app="/web"}[1m])) / sum(rate(requests[1m])) + 1';
    expect(await ask(query)).toEqual({ _tag: 'Value', value: 0.25, at: 1_893_456_000_123 });
    expect(asked).toEqual([query]);
  });
  test('may stand behind a prefix', async () => {
    const { ask } = await prometheus(vector('1'), { base: '/prom' });
    expect(await ask()).toMatchObject({ value: 1 });
  });
  test('may answer a scalar', async () => {
    expect(await (await prometheus(success('scalar', [1_893_456_000, '3']))).ask()).toMatchObject({ value: 3 });
  });
  test('says with an infinite value that any limit is passed', async () => {
    expect(await (await prometheus(vector('+Inf'))).ask()).toMatchObject({ value: Number.MAX_VALUE });
    expect(await (await prometheus(vector('-Inf'))).ask()).toMatchObject({ value: -Number.MAX_VALUE });
  });
  test.each([
    ['NaN', vector('NaN'), 200, 'the value is NaN'],
    ['no series', vector(), 200, 'the query finds no series'],
    ['several series', vector('1', '2'), 200, 'the query answers 2 values; it must answer one'],
    ['a matrix', success('matrix', []), 200, 'the query answers a matrix; it must answer one value'],
    [
      'a histogram',
      success('vector', [{ metric: {}, histogram: [1, {}] }]),
      200,
      'the query answers a histogram; it must answer one value',
    ],
    ['an error', { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected }' }, 400, 'parse error: unexpected }'],
    ['another status', 'busy', 503, 'HTTP status 503'],
    ['something else', '<html>', 200, 'the answer is not one of Prometheus’ query API'],
    ['a value that broke off', '{"status":"success","data":{"resultType":"vec', 200, 'the answer is not one of Prometheus’ query API'],
  ])('teaches nothing by %s, and says why', async (_, answer, status, why) => {
    expect(await (await prometheus(answer, { status })).ask()).toEqual({ _tag: 'Nothing', why });
  });
  test('is not read beyond a mebibyte', async () => {
    const { ask } = await prometheus(`"${'x'.repeat(2 * 1024 * 1024)}"`);
    expect(await ask()).toEqual({ _tag: 'Nothing', why: 'the answer is longer than 1048576 bytes' });
  });
  test('that hangs in the middle of its answer teaches nothing', async () => {
    const url = await listening(http.createServer((_, answer) => answer.writeHead(200).write('{')));
    expect(await realGateSources.prometheus({ ...question(url, { timeoutMs: 100 }), query: 'up' })).toEqual({
      _tag: 'Nothing',
      why: 'no answer in 100 ms',
    });
    for (const server of servers) (server as http.Server).closeAllConnections();
  });
});
