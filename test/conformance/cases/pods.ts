import { expect } from 'vitest';
import { type Case, having, ISO, matching, some, text } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { all, app, asked, done, pod, type Stage, settled, steady, steadyPod } from '../stage.ts';
import { LOCKED } from './apps.ts';

const HEADERS = { 'marathon-deployment-id': /^[0-9a-f-]{36}$/ };
const missing = (id: string) => ({ status: 404, is: { message: `Pod '${id}' does not exist` } });
const NOWHERE = { placement: { constraints: [{ fieldName: 'rack', operator: 'IS', value: 'nowhere' }] } };
const INSTANCE = {
  id: '{instance}',
  status: 'STABLE',
  statusSince: ISO,
  conditions: [],
  agentHostname: text,
  agentId: '{node}',
  resources: { cpus: expect.any(Number), mem: expect.any(Number), disk: 10, gpus: 0 },
  networks: [{ addresses: ['127.0.0.1'] }],
  containers: [
    {
      name: 'web',
      status: 'TASK_RUNNING',
      statusSince: ISO,
      conditions: [],
      containerId: '{task}',
      endpoints: [{ name: 'http', allocatedHostPort: expect.any(Number) }],
      resources: { cpus: 0.01, mem: 16 },
      lastUpdated: ISO,
      lastChanged: ISO,
    },
  ],
  specReference: matching(/^\/v2\/pods\/.+::versions\/\d{4}-/),
  localVolumes: [],
  role: '*',
  lastUpdated: ISO,
  lastChanged: ISO,
};
const withEndpoint = { endpoints: [{ name: 'http' }] };

const stableAgain =
  (id: string) =>
  async ({ api, eventually }: Stage, _: unknown, { instance }: Readonly<Record<string, string>>): Promise<void> => {
    const { instances, terminationHistory } = await eventually('another instance is stable', async () => {
      const status = await api.get(`/v2/pods${id}::status`);
      return status.status === 'STABLE' && status.instances.every((each: { id: string }) => each.id !== instance) ? status : undefined;
    });
    expect(instances).toHaveLength(1);
    expect(terminationHistory[0]).toMatchObject({ instanceID: instance, startedAt: ISO, terminatedAt: ISO });
  };

export const pods: readonly Case[] = [
  { endpoint: 'HEAD /v2/pods', when: 'whether there are pods here', ask: { to: 'HEAD /v2/pods' }, answers: { status: 200, text: '' } },
  {
    endpoint: 'GET /v2/pods',
    when: 'all of them, no apps',
    given: all(steadyPod('/pods/list'), steady('/pods/app')),
    ask: { to: 'GET /v2/pods' },
    answers: { status: 200, body: some(having({ id: '/pods/list', version: ISO })) },
    after: (_, body) => expect(body).not.toContainEqual(expect.objectContaining({ id: '/pods/app' })),
  },
  {
    endpoint: 'POST /v2/pods',
    when: 'a new pod, with what it did not say',
    ask: { to: 'POST /v2/pods', body: pod('/pods/new') },
    answers: {
      status: 201,
      headers: { ...HEADERS, location: '/v2/pods/pods/new' },
      body: {
        id: '/pods/new',
        version: ISO,
        containers: [{ name: 'web', exec: { command: { shell: 'serve' } }, resources: { cpus: 0.01, mem: 16, disk: 0, gpus: 0 } }],
        networks: [{ mode: 'host' }],
        scaling: { kind: 'fixed', instances: 1 },
        scheduling: {
          backoff: { backoff: 1, backoffFactor: 1.15, maxLaunchDelay: 300 },
          upgrade: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
          killSelection: 'YOUNGEST_FIRST',
          unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
        },
      },
    },
  },
  {
    endpoint: 'POST /v2/pods',
    when: 'an id that is taken by a pod',
    given: steadyPod('/pods/taken'),
    ask: { to: 'POST /v2/pods', body: pod('/pods/taken') },
    answers: { status: 409, body: { message: matching(/\/pods\/taken/) } },
  },
  {
    endpoint: 'POST /v2/pods',
    when: 'an id that is taken by an app',
    given: steady('/pods/anapp'),
    ask: { to: 'POST /v2/pods', body: pod('/pods/anapp') },
    answers: { status: 409 },
  },
  {
    endpoint: 'POST /v2/pods',
    when: 'no JSON',
    ask: { to: 'POST /v2/pods', raw: '{' },
    answers: { status: 400, body: { message: 'Invalid JSON' } },
  },
  {
    endpoint: 'POST /v2/pods',
    when: 'a shape that is none',
    ask: { to: 'POST /v2/pods', body: { id: '/pods/bad', containers: [] } },
    answers: { status: 422, body: { message: 'Invalid JSON' }, errors: { '/containers': ['error.minLength'] } },
  },
  {
    endpoint: 'POST /v2/pods',
    when: 'dependencies, as apps have',
    given: steady('/pods/db'),
    ask: { to: 'POST /v2/pods', body: pod('/pods/needing', { dependencies: ['/pods/db'] }) },
    answers: { status: 201, body: { dependencies: ['/pods/db'] } },
    differs: DIFFERENCES.podFields,
  },
  {
    endpoint: 'GET /v2/pods/{id}',
    when: 'one',
    given: steadyPod('/pods/one'),
    ask: { to: 'GET /v2/pods/pods/one' },
    answers: { status: 200, body: { id: '/pods/one', version: '{version}' } },
  },
  { endpoint: 'GET /v2/pods/{id}', when: 'none', ask: { to: 'GET /v2/pods/none' }, answers: missing('/none') },
  {
    endpoint: 'GET /v2/pods/{id}',
    when: 'an app is no pod',
    given: steady('/pods/isapp'),
    ask: { to: 'GET /v2/pods/pods/isapp' },
    answers: missing('/pods/isapp'),
  },
  {
    endpoint: 'PUT /v2/pods/{id}',
    when: 'another definition',
    given: steadyPod('/pods/put'),
    ask: { to: 'PUT /v2/pods/pods/put', body: pod('/pods/put', { environment: { A: '1' } }) },
    answers: { status: 200, body: { id: '/pods/put', environment: { A: '1' } }, headers: HEADERS },
  },
  {
    endpoint: 'PUT /v2/pods/{id}',
    when: 'another id in the body',
    given: steadyPod('/pods/other'),
    ask: { to: 'PUT /v2/pods/pods/other', body: pod('/pods/else') },
    answers: { status: 400, body: { message: matching(/\/pods\/other/) } },
  },
  {
    endpoint: 'PUT /v2/pods/{id}',
    when: 'locked',
    given: all(steadyPod('/pods/locked'), asked('PUT /v2/pods/pods/locked', pod('/pods/locked', { scheduling: NOWHERE }))),
    ask: { to: 'PUT /v2/pods/pods/locked', body: pod('/pods/locked', { environment: { A: '2' } }) },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{deployment}' }] } },
  },
  {
    endpoint: 'PUT /v2/pods/{id}',
    when: 'locked, with force',
    given: all(steadyPod('/pods/forced'), asked('PUT /v2/pods/pods/forced', pod('/pods/forced', { scheduling: NOWHERE }))),
    ask: { to: 'PUT /v2/pods/pods/forced?force=true', body: pod('/pods/forced') },
    answers: { status: 200, headers: HEADERS },
    after: (stage) => settled(stage, '/pods/forced'),
  },
  {
    endpoint: 'DELETE /v2/pods/{id}',
    when: 'one: accepted, and where to look',
    given: steadyPod('/pods/delete'),
    ask: { to: 'DELETE /v2/pods/pods/delete' },
    answers: { status: 202, text: '', headers: { ...HEADERS, location: /^\/v2\/deployments\/[0-9a-f-]{36}$/ } },
    after: ({ until, engine }) => until(() => engine.views.apps.get('/pods/delete') === undefined),
  },
  { endpoint: 'DELETE /v2/pods/{id}', when: 'none', ask: { to: 'DELETE /v2/pods/none' }, answers: missing('/none') },
  {
    endpoint: 'DELETE /v2/pods/{id}',
    when: 'locked: no force unless it is turned on',
    given: asked('POST /v2/pods', pod('/pods/deletelocked', { scheduling: NOWHERE })),
    ask: { to: 'DELETE /v2/pods/pods/deletelocked' },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{deployment}' }] } },
  },
  {
    endpoint: 'DELETE /v2/pods/{id}',
    when: 'locked, with force',
    given: asked('POST /v2/pods', pod('/pods/deleteforced', { scheduling: NOWHERE })),
    ask: { to: 'DELETE /v2/pods/pods/deleteforced?force=true' },
    answers: { status: 202 },
  },
  {
    endpoint: 'GET /v2/pods::status',
    when: 'all of them',
    given: steadyPod('/pods/status'),
    ask: { to: 'GET /v2/pods::status' },
    answers: { status: 200, body: some(having({ id: '/pods/status', status: 'STABLE' })) },
  },
  {
    endpoint: 'GET /v2/pods/{id}::status',
    when: 'one that runs',
    given: steadyPod('/pods/stable', {}, withEndpoint),
    ask: { to: 'GET /v2/pods/pods/stable::status' },
    answers: {
      status: 200,
      body: {
        id: '/pods/stable',
        spec: { id: '/pods/stable' },
        status: 'STABLE',
        statusSince: ISO,
        instances: [INSTANCE],
        terminationHistory: [],
        lastUpdated: ISO,
        lastChanged: ISO,
      },
    },
  },
  {
    endpoint: 'GET /v2/pods/{id}::status',
    when: 'one that has no place',
    given: asked('POST /v2/pods', pod('/pods/degraded', { scheduling: NOWHERE })),
    ask: { to: 'GET /v2/pods/pods/degraded::status' },
    answers: { status: 200, body: { status: 'DEGRADED', instances: [] } },
  },
  {
    endpoint: 'GET /v2/pods/{id}::status',
    when: 'one whose container failed',
    given: async (stage) => {
      await asked(
        'POST /v2/pods',
        pod('/pods/failing', { scheduling: { backoff: { backoff: 60 } } }, { exec: { command: { shell: 'exit 3' } } }),
      )(stage);
      await stage.until(() => stage.engine.views.instances.ofApp('/pods/failing').some(({ state }) => state === 'waiting'));
      return {};
    },
    ask: { to: 'GET /v2/pods/pods/failing::status' },
    answers: {
      status: 200,
      body: {
        status: 'DEGRADED',
        terminationHistory: [
          {
            instanceID: matching(/^pods_failing\.instance-/),
            startedAt: ISO,
            terminatedAt: ISO,
            containers: [
              { containerId: matching(/\.web\.1$/), lastKnownState: 'TASK_FAILED', termination: { exitCode: 3, message: text } },
            ],
          },
        ],
      },
    },
  },
  { endpoint: 'GET /v2/pods/{id}::status', when: 'none', ask: { to: 'GET /v2/pods/none::status' }, answers: missing('/none') },
  {
    endpoint: 'GET /v2/pods/{id}::versions',
    when: 'its versions',
    given: all(steadyPod('/pods/aged'), done('/pods/aged', 'PUT /v2/pods/pods/aged', pod('/pods/aged', { environment: { A: '1' } }))),
    ask: { to: 'GET /v2/pods/pods/aged::versions' },
    answers: { status: 200, body: ['{version}', ISO] },
  },
  { endpoint: 'GET /v2/pods/{id}::versions', when: 'none', ask: { to: 'GET /v2/pods/none::versions' }, answers: missing('/none') },
  {
    endpoint: 'GET /v2/pods/{id}::versions/{v}',
    when: 'the definition of then',
    given: steadyPod('/pods/then'),
    ask: { to: 'GET /v2/pods/pods/then::versions/{version}' },
    answers: { status: 200, body: { id: '/pods/then', version: '{version}' } },
  },
  {
    endpoint: 'GET /v2/pods/{id}::versions/{v}',
    when: 'a version that never was',
    given: steadyPod('/pods/never'),
    ask: { to: 'GET /v2/pods/pods/never::versions/2001-01-01T00:00:00.000Z' },
    answers: { status: 404 },
  },
  {
    endpoint: 'DELETE /v2/pods/{id}::instances/{inst}',
    when: 'one, which comes back',
    given: steadyPod('/pods/kill'),
    ask: { to: 'DELETE /v2/pods/pods/kill::instances/{instance}' },
    answers: { status: 200, body: { instanceId: '{instance}', state: { condition: 'Running' }, agentInfo: { agentId: '{node}' } } },
    after: stableAgain('/pods/kill'),
  },
  {
    endpoint: 'DELETE /v2/pods/{id}::instances/{inst}',
    when: 'wipe=true',
    given: steadyPod('/pods/wipe'),
    ask: { to: 'DELETE /v2/pods/pods/wipe::instances/{instance}?wipe=true' },
    answers: { status: 200, body: { instanceId: '{instance}' } },
    after: stableAgain('/pods/wipe'),
  },
  {
    endpoint: 'DELETE /v2/pods/{id}::instances/{inst}',
    when: 'one that is not there',
    given: steadyPod('/pods/noinstance'),
    ask: { to: 'DELETE /v2/pods/pods/noinstance::instances/pods_noinstance.instance-0f8ee4d5-33c9-11eb-8ca6-000000000000' },
    answers: { status: 404 },
  },
  {
    endpoint: 'DELETE /v2/pods/{id}::instances',
    when: 'those of a list',
    given: steadyPod('/pods/killlist'),
    ask: { to: 'DELETE /v2/pods/pods/killlist::instances', body: ['{instance}'] },
    answers: { status: 200, body: [{ instanceId: '{instance}' }] },
    after: stableAgain('/pods/killlist'),
  },
  {
    endpoint: 'DELETE /v2/pods/{id}::instances',
    when: 'wipe=true',
    given: steadyPod('/pods/wipelist'),
    ask: { to: 'DELETE /v2/pods/pods/wipelist::instances?wipe=true', body: ['{instance}'] },
    answers: { status: 200, body: [{ instanceId: '{instance}' }] },
  },
  {
    endpoint: 'DELETE /v2/pods/{id}::instances',
    when: 'no list',
    given: steadyPod('/pods/nolist'),
    ask: { to: 'DELETE /v2/pods/pods/nolist::instances', body: { ids: [] } },
    answers: { status: 400, body: { message: 'Please specify data in JSON format' } },
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'each container of a pod is a task',
    given: steadyPod('/pods/containers', {
      containers: ['a', 'b'].map((name) => ({ name, resources: { cpus: 0.01, mem: 16 }, exec: { command: { shell: 'serve' } } })),
    }),
    ask: { to: 'GET /v2/tasks' },
    answers: {
      status: 200,
      body: {
        tasks: some(
          having({ appId: '/pods/containers', id: matching(/\.a\.1$/), state: 'TASK_RUNNING' }),
          having({ appId: '/pods/containers', id: matching(/\.b\.1$/), state: 'TASK_RUNNING' }),
        ),
      },
    },
    differs: DIFFERENCES.podTasks,
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a pod is no app',
    given: steadyPod('/pods/notapp'),
    ask: { to: 'PUT /v2/apps/pods/notapp', body: app('/pods/notapp') },
    answers: { status: 409 },
  },
];
