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
    const { body: info } = await call('GET', '/v2/info');
    expect(info).toMatchObject({
      name: 'marathon',
      version: '1.11.24',
      elected: true,
      frameworkId: null,
      marathon_config: { local_port_min: 10_000, local_port_max: 20_000 },
      http_config: { http_port: 8080 },
    });
    expect(Object.keys(info).sort().join(' ')).toBe(
      'buildref elected frameworkId http_config leader marathon_config name version zookeeper_config',
    );
  });

  test('info has every key that Marathon has, and what was set up here', async () => {
    const { call, engine } = await world({ allowOrigins: ['https://a.example', 'https://b.example'] });
    await engine.act('lease-engine', { type: 'TakeLease', term: 1, holder: 'a' } as never);
    const [lease] = await engine.memory.readStream('lease-engine');
    const { marathon_config, zookeeper_config, frameworkId } = (await call('GET', '/v2/info')).body;
    expect(frameworkId).toBe(`${lease?.id}-0000`);
    expect(Object.keys(marathon_config).sort().join(' ')).toBe(
      'access_control_allow_origin checkpoint decline_offer_duration default_network_name env_vars_prefix executor failover_timeout ' +
        'features framework_name ha hostname launch_token launch_token_refresh_interval leader_proxy_connection_timeout_ms ' +
        'leader_proxy_read_timeout_ms local_port_max local_port_min maintenance_mode master max_instances_per_offer mesos_bridge_name ' +
        'mesos_heartbeat_failure_threshold mesos_heartbeat_interval mesos_leader_ui_url mesos_role mesos_user ' +
        'min_revive_offers_interval new_group_enforce_role offer_matching_timeout on_elected_prepare_timeout ' +
        'reconciliation_initial_delay reconciliation_interval scale_apps_initial_delay scale_apps_interval store_cache ' +
        'task_launch_confirm_timeout task_launch_timeout task_lost_expunge_initial_delay task_lost_expunge_interval ' +
        'task_reservation_timeout webui_url',
    );
    expect(Object.keys(zookeeper_config).sort().join(' ')).toBe(
      'zk zk_compression zk_compression_threshold zk_connection_timeout zk_max_node_size zk_max_versions zk_session_timeout zk_timeout',
    );
    expect(marathon_config).toMatchObject({
      access_control_allow_origin: 'https://a.example,https://b.example',
      mesos_leader_ui_url: 'http://127.0.0.1:8080/mesos/',
      hostname: '127.0.0.1',
    });
  });

  test('abdicating ends the leadership after the answer, where somebody starts the engine again', async () => {
    let abdicated = 0;
    const { call, engine } = await world({
      abdicate: () => {
        abdicated += 1;
      },
    });
    const timers: (readonly [number, () => void])[] = [];
    engine.clock.schedule = (after, callback) => {
      timers.push([after, callback]);
      return () => {};
    };
    expect(await call('DELETE', '/v2/leader')).toMatchObject({ status: 200, body: { message: 'Leadership abdicated' } });
    expect([timers.map(([after]) => after), abdicated]).toEqual([[500], 0]);
    timers[0]?.[1]();
    expect(abdicated).toBe(1);
    for (const asked of ['backup', 'restore'])
      expect(await call('DELETE', `/v2/leader?${asked}=file:///tmp/x`)).toMatchObject({
        status: 422,
        body: { details: [{ path: `/${asked}`, errors: [expect.stringContaining('log.sqlite')] }] },
      });
    expect(timers).toHaveLength(1);
    const { call: alone } = await world();
    expect((await alone('DELETE', '/v2/leader')).status).toBe(501);
  });

  test('there are no plugins', async () => {
    const { call } = await world();
    expect((await call('GET', '/v2/plugins')).body).toEqual({ plugins: [] });
    expect(await call('POST', '/v2/plugins/auth/login')).toMatchObject({
      status: 404,
      body: { message: 'No plugin with this pluginId: auth' },
    });
  });

  test('every answer has the headers of Marathon, and how far the views had read', async () => {
    const { call, steady, engine } = await world();
    await steady({ id: '/web', cmd: 'serve' });
    const { headers } = await call('GET', '/v2/apps');
    expect(headers).toMatchObject({
      'x-marathon-leader': 'http://127.0.0.1:8080',
      'x-frame-options': 'DENY',
      'x-xss-protection': '1; mode=block',
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      expires: '0',
      'x-wharf-position': String(engine.memory.head()),
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
    const { call, actors, steady, engine } = await world();
    await actors.addNode('n1');
    await steady({ id: '/web', cmd: 'serve' });
    const id = await actors.launch('/web', 'n1');
    const lines = async () => (await call('GET', '/metrics/prometheus', { token: null })).text.split('\n');
    const before = await lines();
    expect(before).toContain('wharf_apps 1');
    expect(before).toContain('wharf_instances{state="running.unchecked"} 1');
    expect(before).toContain('wharf_nodes{state="attached.answering.ready"} 1');
    expect(before).toContain('wharf_deployments_running 0');
    expect(before).toContain(`wharf_log_head_position ${engine.memory.head()}`);
    expect(before).toContain('wharf_http_request_duration_seconds_count{method="POST",route="/v2/apps",status="201"} 1');
    await actors.report(id, { type: 'ReportContainerExited', exitCode: 0, oom: false });
    const after = await lines();
    expect(after).toContain('wharf_instances{state="running.unchecked"} 0');
    expect(after).toContain('wharf_instances{state="exited"} 1');
  });

  test("metrics are in Dropwizard's shape, and text for who takes that", async () => {
    const { call, actors, steady, engine } = await world();
    expect((await call('GET', '/metrics')).status).toBe(200);
    await actors.addNode('n1');
    await steady({ id: '/shop/web', cmd: 'serve' });
    const id = await actors.launch('/shop/web', 'n1');
    await actors.place(await actors.request('/shop/web', 1), 'n1');
    await actors.report(id, { type: 'ReportContainerExited', exitCode: 0, oom: false });
    engine.advance(300_001);
    const { body, headers } = await call('GET', '/metrics', { token: null });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body.version).toBe('4.0.0');
    expect(body.gauges).toMatchObject({
      'marathon.apps.active.gauge': { value: 1 },
      'marathon.groups.active.gauge': { value: 2 },
      'marathon.instances.running.gauge': { value: 0 },
      'marathon.instances.staged.gauge': { value: 1 },
      'marathon.instances.launch-overdue.gauge': { value: 1 },
      'marathon.uptime.gauge.seconds': { value: 300.001 },
    });
    expect(body.counters).toMatchObject({
      'marathon.deployments.counter': { count: 1 },
      'marathon.tasks.launched.counter': { count: 1 },
      'marathon.mesos.offers.incoming.counter': { count: 2 },
      'marathon.mesos.offers.declined.counter': { count: 0 },
      'marathon.mesos.task-updates.task_staging.counter': { count: 2 },
      'marathon.mesos.task-updates.task_running.counter': { count: 1 },
      'marathon.mesos.task-updates.task_finished.counter': { count: 1 },
      'marathon.mesos.task-updates.task_failed.counter': { count: 0 },
    });
    expect(body.meters['marathon.http.responses.2xx.rate.meter']).toMatchObject({ count: 2, units: 'events/second' });
    expect(body.timers['marathon.http.requests.duration.timer.seconds']).toMatchObject({ count: 2, rate_units: 'calls/second' });
    const scraped = await call('GET', '/metrics', { headers: { accept: 'application/openmetrics-text;q=0.5,text/plain;q=0.3,*/*;q=0.1' } });
    expect(scraped.text).toContain('\nmarathon_apps_active_gauge 1\n');
    expect(scraped.text).toContain('\nmarathon_mesos_task_updates_task_staging_counter 2\n');
    expect(scraped.text).toContain('\nwharf_apps 1\n');
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
        '/v2/leader delete,get',
        '/v2/plugins get',
        '/config get',
        '/logging get,post',
        '/v1/nodes get,post',
        '/v1/nodes/{id} delete,get',
        '/v1/endpoints get',
        '/v1/events get',
        '/v1/history/{subject} get',
        '/v1/instances/{id}/exec post',
        '/v1/gates/backtest post',
        '/v1/strategies get',
        '/v1/strategies/{name} get',
      ]),
    );
  });

  test('the description says which fields are live only', async () => {
    const { call } = await world();
    const { task } = (await call('GET', '/openapi.json')).body.components.schemas;
    expect(task.properties.healthCheckResults).toMatchObject({ 'x-live-only': true });
    expect(task.properties.state).toEqual({});
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
