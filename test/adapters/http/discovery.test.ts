import { describe, expect, test } from 'vitest';
import { listen, serving } from './streams.ts';
import { world } from './world.ts';

const web = { id: '/web', cmd: 'serve', healthChecks: [{ protocol: 'TCP' }], portDefinitions: [{ port: 0, name: 'http' }] };

describe('endpoints', () => {
  test('are the ready instances, with addresses and named ports', async () => {
    const { call, actors, steady } = await world();
    await actors.addNode('n1', '10.0.0.1');
    await steady(web);
    const ready = await actors.launch('/web', 'n1', 0);
    const starting = await actors.request('/web', 1);
    await actors.place(starting, 'n1');
    await actors.start(starting);
    const { body } = await call('GET', '/v1/endpoints?app=web');
    expect(body).toEqual({
      app: '/web',
      endpoints: [
        {
          instance: ready,
          id: `web.instance-${ready}`,
          slot: 0,
          version: '2030-01-01T00:00:00.000Z',
          node: 'n1',
          address: '10.0.0.1',
          ipAddresses: [],
          ports: [{ name: 'http', protocol: 'tcp', port: 31_000, servicePort: 10_000 }],
        },
      ],
    });
    expect((await call('GET', '/v1/endpoints?app=/none')).body.endpoints).toEqual([]);
    expect((await call('GET', '/v1/endpoints')).status).toBe(422);
  });

  test('are followed as whole lists: one at once, one after every change', async () => {
    const { http, actors, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    const listener = await listen(await serving(http), '/v1/endpoints?app=/web&follow=true');
    const [first] = await listener.waitFor(1);
    expect(first).toMatchObject({ event: 'endpoints', data: { app: '/web', endpoints: [] } });
    const id = await actors.launch('/web', 'n1');
    await actors.report(id, { type: 'StopInstance', reason: 'test', signal: 'SIGTERM', drainMs: 0, graceMs: 0 });
    const events = await listener.waitFor((all) => all.length > 1 && all.at(-1)?.data.endpoints.length === 0);
    expect(events.every(({ data }, n) => n === 0 || JSON.stringify(data.endpoints) !== JSON.stringify(events[n - 1]?.data.endpoints))).toBe(
      true,
    );
  });

  test('of another app say nothing', async () => {
    const { http, actors, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    await steady({ ...web, id: '/other' });
    const listener = await listen(await serving(http), '/v1/endpoints?app=/other&follow=true');
    await listener.waitFor(1);
    await actors.launch('/web', 'n1');
    await actors.launch('/other', 'n1');
    const [, second] = await listener.waitFor(2);
    expect(second?.data).toMatchObject({ app: '/other', endpoints: [{ slot: 0 }] });
  });
});
