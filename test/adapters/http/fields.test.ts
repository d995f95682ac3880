import { expect, test } from 'vitest';
import { FIELDS, type Fields, liveOnly, type Resource } from '../../../src/adapters/http/marathon/fields.ts';
import type { Probe } from '../../../src/domain/ports/probes.ts';
import { type Running, running } from './running.ts';

/** Paths of what an answer has and the table does not name. */
const undeclared = (fields: Fields, value: unknown, path = ''): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((each) => undeclared(fields, each, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, below]) => {
    const entry = fields[name];
    if (entry === undefined) return [`${path}${name}`];
    return typeof entry === 'string' ? [] : undeclared(entry, below, `${path}${name}.`);
  });
};

/** Leaves of the table that no answer had. */
const unseen = (fields: Fields, values: readonly unknown[]): readonly string[] => {
  const all = values.flatMap((value) => (Array.isArray(value) ? value : [value]));
  return Object.entries(fields).flatMap(([name, entry]) => {
    const below = all.flatMap((value) => (value as Readonly<Record<string, unknown>>)[name] ?? []);
    if (below.length === 0 && !all.some((value) => name in (value as object))) return [name];
    return typeof entry === 'string' ? [] : unseen(entry, below).map((path) => `${name}.${path}`);
  });
};

/** One port is not ready, all others are healthy and ready. */
const probe: Probe = async (target) =>
  target.kind === 'http' && target.path === '/not-ready'
    ? { _tag: 'Answered', status: 503, contentType: 'text/plain', body: 'wait' }
    : { _tag: 'Answered', status: 200, contentType: 'text/plain', body: '' };

const soon = { intervalSeconds: 1, timeoutSeconds: 1 };
const checks = {
  healthChecks: [{ protocol: 'HTTP', path: '/', gracePeriodSeconds: 1, ...soon }],
  readinessChecks: [
    { name: 'ready', portName: 'http', path: '/not-ready', intervalSeconds: 2, timeoutSeconds: 1, preserveLastResponse: true },
  ],
  portDefinitions: [{ port: 0, name: 'http' }],
};

/** Apps in every condition that has fields of its own: one deploying and probed, one that fails, one that nobody takes. */
const lived = async (): Promise<Running> => {
  const made = await running({ probe });
  const { call, world } = made;
  await call('POST', '/v2/apps', { id: '/shop/slow', cmd: 'serve', cpus: 0.1, mem: 16, ...checks });
  await call('POST', '/v2/apps', { id: '/shop/failing', cmd: 'exit 3', cpus: 0.1, mem: 16, backoffSeconds: 3_000 });
  await call('POST', '/v2/pods', {
    id: '/shop/pod',
    networks: [{ mode: 'host' }],
    containers: [
      {
        name: 'front',
        exec: { command: { shell: 'serve' } },
        resources: { cpus: 0.1, mem: 16 },
        endpoints: [{ name: 'http', hostPort: 0, protocol: ['tcp'] }],
        healthCheck: {
          http: { endpoint: 'http', path: '/' },
          gracePeriodSeconds: 1,
          intervalSeconds: 2,
          timeoutSeconds: 1,
          delaySeconds: 0,
        },
      },
      { name: 'side', exec: { command: { shell: 'serve' } }, resources: { cpus: 0.1, mem: 16 } },
    ],
  });
  await call('POST', '/v2/apps', { id: '/wide', cmd: 'serve', cpus: 9_999 });
  const { instances } = world.engine.views;
  await made.until(() => instances.ofApp('/wide').some(({ deferred }) => deferred !== undefined), '/wide finds no place');
  await made.until(() => instances.endedOf('/shop/failing').length > 0, '/shop/failing has failed');
  await made.until(() => instances.ofApp('/shop/failing').some(({ state }) => state === 'waiting'), 'it waits for its next try');
  const isProbed = (app: string): boolean => instances.ofApp(app).some(({ id }) => world.engine.healthOf(id).length > 0);
  const probed = (): boolean =>
    isProbed('/shop/slow') &&
    isProbed('/shop/pod') &&
    instances.ofApp('/shop/slow').some(({ id }) => world.engine.readinessOf(id).length > 0);
  // Probes are recorded nowhere, so nothing tells of the first but looking.
  while (!probed()) await new Promise<void>((resolve) => world.clock.schedule(20, resolve));
  return made;
};

test('every field of every answer is declared, and none is declared that no answer has', async () => {
  const { call } = await lived();
  const get = async (path: string) => (await call('GET', path)).body;
  const everything = 'embed=tasks&embed=taskStats&embed=readiness&embed=lastTaskFailure&embed=counts&embed=deployments';
  const version = encodeURIComponent((await get('/v2/apps/wide/versions')).versions[0]);
  const answers: Readonly<Record<Resource, readonly unknown[]>> = {
    app: [
      ...(await get(`/v2/apps?${everything}`)).apps,
      (await get(`/v2/apps/shop/slow?${everything}`)).app,
      ...(await get('/v2/apps/*'))['*'],
    ],
    appVersion: [await get(`/v2/apps/wide/versions/${version}`)],
    task: [...(await get('/v2/tasks')).tasks, ...(await get('/v2/apps/shop/slow/tasks')).tasks],
    pod: [...(await get('/v2/pods')), await get('/v2/pods/shop/pod')],
    podStatus: [await get('/v2/pods/shop/pod::status')],
    group: [await get('/v2/groups'), await get('/v2/groups/shop')],
    groupDryRun: [(await call('PUT', '/v2/groups?dryRun=true', { id: '/', apps: [{ id: '/dry', cmd: 'serve' }] })).body],
    podInstance: [(await call('DELETE', `/v2/pods/shop/pod::instances/${(await get('/v2/pods/shop/pod::status')).instances[0].id}`)).body],
    deployment: await get('/v2/deployments'),
    queueItem: (await get('/v2/queue?embed=lastUnusedOffers')).queue,
    info: [await get('/v2/info')],
    leader: [await get('/v2/leader'), { message: 'Leadership abdicated' }],
    problem: [
      await get('/v2/apps/none'),
      (await call('PUT', '/v2/apps/wide', { cmd: 'other' })).body,
      (await call('PUT', '/v2/apps/wide', { instances: -1 })).body,
    ],
    deploymentResult: [
      (await call('PUT', '/v2/apps/wide?force=true', { cmd: 'other' })).body,
      (await call('PUT', '/v2/apps', [{ id: '/another', cmd: 'serve' }])).body,
      (await call('DELETE', '/v2/apps/wide')).body,
    ],
  };
  for (const [resource, values] of Object.entries(answers)) {
    expect(values.length, resource).toBeGreaterThan(0);
    expect([resource, undeclared(FIELDS[resource as Resource], values)]).toEqual([resource, []]);
  }
  const never = (resource: Resource) => unseen(FIELDS[resource], answers[resource]);
  // Of nodes and apps that have neither a region nor an informational check nor a pod.
  expect(never('task')).toEqual(['region', 'zone', 'checkResult']);
  expect(never('deployment')).toEqual(['steps.actions.pod', 'currentActions.pod']);
  for (const resource of ['deploymentResult', 'info', 'leader', 'problem'] as const)
    expect([resource, never(resource)]).toEqual([resource, []]);
});

test('what only now is known is told by its paths', () => {
  expect(liveOnly('task')).toEqual(['healthCheckResults', 'checkResult']);
  expect(liveOnly('app')).toEqual(['tasks.healthCheckResults', 'tasks.checkResult', 'readinessCheckResults']);
  expect(liveOnly('deployment')).toEqual(['currentActions.readinessCheckResults']);
  expect(liveOnly('queueItem')).toEqual(['delay', 'lastUnusedOffers']);
  expect(liveOnly('appVersion')).toEqual([]);
});
