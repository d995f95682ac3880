import { describe, expect, test } from 'vitest';
import { canonicalUrl } from '../../../../src/adapters/http/dcos/urls.ts';
import { listen } from '../streams.ts';
import { quay, TOKEN } from './quay.ts';

describe('one URL for each under which DC/OS offered it', () => {
  test.each([
    ['/service/marathon/v2/apps?embed=apps.tasks', '/v2/apps?embed=apps.tasks'],
    ['/marathon/v2/apps//shop/web', '/v2/apps//shop/web'],
    ['/service/marathon/ping', '/ping'],
    ['/service/marathon/metrics', '/metrics'],
    ['/service/marathon', '/'],
    ['/service/marathon/', '/'],
    ['/state', '/mesos/state'],
    ['/master/state.json', '/mesos/state'],
    ['/mesos/master/state-summary?x=/master/y', '/mesos/state-summary?x=/master/y'],
    ['/mesos/state/', '/mesos/state'],
    ['/api/v1', '/mesos/api/v1'],
    ['/mesos/master/api/v1', '/mesos/api/v1'],
    ['/metrics/snapshot', '/mesos/metrics/snapshot'],
  ])('%s is %s', (given, wanted) => {
    expect(canonicalUrl(given)).toBe(wanted);
  });

  test.each([
    '/v2/apps',
    '/metrics',
    '/service/marathon-user/v2/apps',
    '/service/marathonv2/apps',
    '/service/marathon/v1/nodes',
    '/service/marathon/mesos/state',
    '/service/marathon/service/marathon/ping',
    '/service/web/state',
    '/mesos/statement',
    '/v1/state',
    '/mesos_dns/v1/version',
  ])('%s is nothing but itself', (url) => {
    expect(canonicalUrl(url)).toBe(url);
  });
});

test("Marathon's API is at /service/marathon and /marathon too, says the same there, and is described once", async () => {
  const { node, json, fetch, url } = await quay();
  await node('n1');
  const body = JSON.stringify({ id: '/web', cmd: 'serve', cpus: 0.1, mem: 32 });
  const created = await fetch('/service/marathon/v2/apps', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect([created.status, created.headers.get('location')]).toEqual([201, '/v2/apps/web']);
  const wanted = (await json('/v2/apps/web')).app;
  for (const prefix of ['/service/marathon', '/marathon']) expect((await json(`${prefix}/v2/apps/web`)).app.version).toBe(wanted.version);
  expect(await (await globalThis.fetch(`${url}/service/marathon/ping`)).text()).toBe('pong');
  expect((await globalThis.fetch(`${url}/service/marathon/v2/apps`)).status).toBe(401);
  const { paths } = await json('/openapi.json');
  expect(Object.keys(paths).filter((path) => path.endsWith('/state') || path.endsWith('/v2/apps'))).toEqual(['/v2/apps', '/mesos/state']);
});

test('events flow at /service/marathon/v2/events', async () => {
  const { app, node, url } = await quay();
  await node('n1');
  const listener = await listen(url, '/service/marathon/v2/events', { authorization: `token=${TOKEN}` });
  expect(listener.status).toBe(200);
  const heard = listener.waitFor((events) => events.some(({ event }) => event === 'deployment_success'));
  await app({ id: '/web', cmd: 'serve', cpus: 0.1, mem: 32 });
  expect((await heard).map(({ event }) => event)).toContain('status_update_event');
});
