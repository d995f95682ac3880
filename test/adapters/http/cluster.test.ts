import { describe, expect, test } from 'vitest';
import { world } from './world.ts';

describe('who answers', () => {
  test('ping is text, JSON or nothing, as it is asked', async () => {
    const { call } = await world();
    const ping = async (accept: string) => {
      const { status, text } = await call('GET', '/ping', { token: null, headers: { accept } });
      return [status, text];
    };
    expect(await ping('*/*')).toEqual([200, 'pong']);
    expect(await ping('text/plain')).toEqual([200, 'pong']);
    expect(await ping('application/json')).toEqual([200, '"pong"']);
    expect(await ping('image/png')).toEqual([204, '']);
  });

  test('the root goes to the console; info and leader say what clients compare', async () => {
    const { call } = await world();
    expect(await call('GET', '/')).toMatchObject({ status: 302, headers: { location: '/ui/' } });
    expect((await call('GET', '/v2/leader')).body).toEqual({ leader: '127.0.0.1:8080' });
    expect((await call('GET', '/v2/info')).body).toMatchObject({
      name: 'marathon',
      version: '1.11.24',
      elected: true,
      marathon_config: { local_port_min: 10_000, local_port_max: 20_000 },
      http_config: { http_port: 8080 },
      wharfinger: { version: '0.0.1' },
    });
  });

  test('every answer has the headers of Marathon, and how far the views had read', async () => {
    const { call, steady } = await world();
    await steady({ id: '/web', cmd: 'serve' });
    const { headers } = await call('GET', '/v2/apps');
    expect(headers).toMatchObject({
      'x-marathon-leader': 'http://127.0.0.1:8080',
      'x-frame-options': 'DENY',
      'x-xss-protection': '1; mode=block',
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      expires: '0',
      'x-wharf-position': '7',
    });
  });

  test('an unknown route is 500 in the API of Marathon and 404 elsewhere', async () => {
    const { call } = await world();
    expect(await call('GET', '/v2/nonsense')).toMatchObject({ status: 500, body: { message: 'URI not found' } });
    expect(await call('GET', '/nonsense')).toMatchObject({ status: 404, body: { message: 'URI not found' } });
  });
});

describe('reading what was written', () => {
  test('waits for the position that is asked for, by parameter or header', async () => {
    const { call, engine, steady } = await world();
    await steady({ id: '/web', cmd: 'serve' });
    engine.lagging = true;
    await engine.act('node-n1', {
      type: 'RegisterNode',
      endpoint: { kind: 'simulated', seed: 1 },
      offer: { hostname: 'h', address: 'a', cpus: 1, mem: 1, disk: 1, gpus: 0, portRanges: [] },
      attributes: {},
      roles: [],
      warnings: [],
    } as never);
    const position = engine.memory.head();
    expect((await call('GET', '/v1/nodes')).body.nodes).toHaveLength(0);
    const byParameter = call('GET', `/v1/nodes?minPosition=${position}`);
    const byHeader = call('GET', '/v1/nodes', { headers: { 'x-wharf-min-position': String(position) } });
    engine.lagging = false;
    await engine.act('node-n1', { type: 'CordonNode', reason: 'test' } as never);
    expect((await byParameter).body.nodes).toHaveLength(1);
    expect((await byHeader).body.nodes).toHaveLength(1);
  });

  test('is not waited for in vain: 503 when the position does not come', async () => {
    const { call, engine } = await world();
    engine.clock.schedule = (_, callback) => {
      setImmediate(callback);
      return () => {};
    };
    const { status, headers, body } = await call('GET', '/v2/apps?minPosition=99');
    expect([status, headers['retry-after'], body.message]).toEqual([503, '5', 'Position 99 is not there yet; the views stand at 0.']);
  });
});

describe('measures and description', () => {
  test('metrics count apps, instances, nodes and deployments when asked, and requests by route', async () => {
    const { call, actors, steady } = await world();
    await actors.addNode('n1');
    await steady({ id: '/web', cmd: 'serve' });
    const id = await actors.launch('/web', 'n1');
    const lines = async () => (await call('GET', '/metrics', { token: null })).text.split('\n');
    const before = await lines();
    expect(before).toContain('wharf_apps 1');
    expect(before).toContain('wharf_instances{state="running.unchecked"} 1');
    expect(before).toContain('wharf_nodes{state="attached.answering.ready"} 1');
    expect(before).toContain('wharf_deployments_running 0');
    expect(before).toContain('wharf_log_head_position 11');
    expect(before).toContain('wharf_http_request_duration_seconds_count{method="POST",route="/v2/apps",status="201"} 1');
    await actors.report(id, { type: 'ReportContainerExited', exitCode: 0, oom: false });
    const after = await lines();
    expect(after).toContain('wharf_instances{state="running.unchecked"} 0');
    expect(after).toContain('wharf_instances{state="exited"} 1');
  });

  test('the description lists every operation, those on one app too', async () => {
    const { call } = await world();
    const { body } = await call('GET', '/openapi.json', { token: null });
    expect(body.openapi).toBe('3.0.3');
    const operations = Object.entries(body.paths as Record<string, object>).map(([path, verbs]) => `${path} ${Object.keys(verbs).sort()}`);
    expect(operations).toEqual(
      expect.arrayContaining([
        '/v2/apps get,patch,post,put',
        '/v2/apps/{id} delete,get,patch,put',
        '/v2/apps/{id}/restart post',
        '/v2/apps/{id}/tasks delete,get',
        '/v2/apps/{id}/tasks/{taskId} delete',
        '/v2/apps/{id}/versions get',
        '/v2/apps/{id}/versions/{version} get',
        '/v2/deployments get',
        '/v2/deployments/{id} delete',
        '/v2/tasks get',
        '/v2/tasks/delete post',
        '/v2/queue get',
        '/v2/queue/{id}/delay delete',
        '/v2/events get',
        '/v1/nodes get,post',
        '/v1/nodes/{id} delete,get',
        '/v1/endpoints get',
        '/v1/events get',
        '/v1/history/{subject} get',
        '/v1/instances/{id}/exec post',
      ]),
    );
  });

  test("the caller's trace goes on in the facts", async () => {
    const { call, engine } = await world();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await call('POST', '/v2/apps', { body: { id: '/web', cmd: 'serve' }, headers: { traceparent } });
    expect(engine.requests.at(0)?.traceparent).toBe(traceparent);
    expect((await engine.memory.readStream('app-/web')).at(0)?.meta.traceparent).toBe(traceparent);
    await call('PUT', '/v2/apps/web?force=true', { body: { cmd: 'serve 2' }, headers: { traceparent: 'nonsense' } });
    expect(engine.requests.at(1)).not.toHaveProperty('traceparent');
  });
});
