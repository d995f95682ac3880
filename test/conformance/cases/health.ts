import { expect } from 'vitest';
import { type Case, having, ISO, matching, some, text } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { app, asked, type Stage, settled, steady as steadyAnywhere } from '../stage.ts';

/** Not on a berth, whose one port is for somebody else. */
const elsewhere = { constraints: [['rack', 'LIKE', 'r[12]']] };
const steady = (id: string, fields: object = {}) => steadyAnywhere(id, { ...elsewhere, ...fields });

const command = (value: string, fields: object = {}) => ({
  protocol: 'COMMAND',
  command: { value },
  intervalSeconds: 1,
  timeoutSeconds: 1,
  gracePeriodSeconds: 0,
  delaySeconds: 0,
  ...fields,
});

const counted = (id: string, field: 'tasksHealthy' | 'tasksUnhealthy') => async (stage: Stage) => {
  await stage.eventually(`${field} of ${id}`, async () => {
    const { app: found } = await stage.api.get(`/v2/apps${id}`);
    if (found[field] === 1) return true;
    throw new Error(JSON.stringify([found.tasks, found.deployments, found.lastTaskFailure]));
  });
  return {};
};

export const health: readonly Case[] = [
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'no health checks: neither healthy nor unhealthy',
    given: steady('/h/none'),
    ask: { to: 'GET /v2/apps/h/none' },
    answers: { status: 200, body: { app: { tasksRunning: 1, tasksHealthy: 0, tasksUnhealthy: 0 } } },
    after: (_, body) => expect(body.app.tasks[0]).not.toHaveProperty('healthCheckResults'),
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a check that succeeds',
    given: async (stage) => {
      await steady('/h/well', { healthChecks: [command('true')] })(stage);
      return counted('/h/well', 'tasksHealthy')(stage);
    },
    ask: { to: 'GET /v2/apps/h/well' },
    answers: {
      status: 200,
      body: {
        app: {
          tasksHealthy: 1,
          tasksUnhealthy: 0,
          tasks: [
            {
              healthCheckResults: [
                {
                  alive: true,
                  consecutiveFailures: 0,
                  firstSuccess: ISO,
                  lastSuccess: ISO,
                  instanceId: matching(/^h_well\.instance-[0-9a-f-]{36}$/),
                },
              ],
            },
          ],
        },
      },
    },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a check that fails, with maxConsecutiveFailures=0: unhealthy, and never killed',
    given: async (stage) => {
      await asked('POST /v2/apps', app('/h/ill', { ...elsewhere, healthChecks: [command('false', { maxConsecutiveFailures: 0 })] }))(stage);
      return counted('/h/ill', 'tasksUnhealthy')(stage);
    },
    ask: { to: 'GET /v2/apps/h/ill' },
    answers: {
      status: 200,
      body: {
        app: {
          tasksHealthy: 0,
          tasksUnhealthy: 1,
          tasks: [{ healthCheckResults: [{ alive: false, lastFailure: ISO, lastFailureCause: text }] }],
        },
      },
    },
    after: async ({ eventually, api, engine }) => {
      await eventually('three failures', async () => {
        const [task] = (await api.get('/v2/apps/h/ill/tasks')).tasks;
        return task.healthCheckResults[0].consecutiveFailures >= 3 ? true : undefined;
      });
      expect(engine.views.instances.endedOf('/h/ill')).toEqual([]);
    },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'failures during the grace period are not counted',
    given: async (stage) => {
      const check = command('false', { gracePeriodSeconds: 100, maxConsecutiveFailures: 1 });
      await asked('POST /v2/apps', app('/h/graced', { ...elsewhere, healthChecks: [check] }))(stage);
      return {};
    },
    ask: { to: 'GET /v2/apps/h/graced' },
    answers: { status: 200, body: { app: { tasksHealthy: 0, tasksUnhealthy: 0 } } },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a check of HTTP: 399 is healthy, 400 is not',
    given: async (stage) => {
      const berth = await stage.berth();
      berth.answers(399);
      const check = { path: '/well', intervalSeconds: 1, timeoutSeconds: 1, gracePeriodSeconds: 0, maxConsecutiveFailures: 0 };
      await asked('POST /v2/apps', app('/h/http', { ...berth.fields, healthChecks: [check] }))(stage);
      await counted('/h/http', 'tasksHealthy')(stage);
      berth.answers(400);
      return counted('/h/http', 'tasksUnhealthy')(stage);
    },
    ask: { to: 'GET /v2/apps/h/http' },
    answers: {
      status: 200,
      body: { app: { tasks: [{ healthCheckResults: [{ alive: false, firstSuccess: ISO, lastSuccess: ISO, lastFailure: ISO }] }] } },
    },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a check that Marathon runs kills at one failure more than maxConsecutiveFailures; the first question comes within the interval',
    given: async (stage) => {
      const berth = await stage.berth();
      berth.answers(500);
      const check = { path: '/killing', intervalSeconds: 1, timeoutSeconds: 1, gracePeriodSeconds: 0, maxConsecutiveFailures: 1 };
      await asked('POST /v2/apps', app('/h/killed', { ...berth.fields, backoffSeconds: 60, healthChecks: [check] }))(stage);
      const { instances } = stage.engine.views;
      await stage.until(() => instances.endedOf('/h/killed').length === 1);
      return { asked: String(berth.asked('/killing')) };
    },
    ask: { to: 'GET /v2/apps/h/killed' },
    answers: { status: 200 },
    after: ({ engine }, _, { asked: times }) => {
      expect(times).toBe('2');
      const [row] = engine.views.instances.endedOf('/h/killed');
      expect((row?.endedAt ?? 0) - (row?.startedAt ?? 0)).toBeGreaterThanOrEqual(1_000);
    },
    differs: DIFFERENCES.firstProbe,
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a check that the executor runs kills at maxConsecutiveFailures',
    given: async (stage) => {
      const check = command('false', { maxConsecutiveFailures: 1 });
      const names = await asked('POST /v2/apps', app('/h/executor', { ...elsewhere, backoffSeconds: 60, healthChecks: [check] }))(stage);
      const { instances } = stage.engine.views;
      await stage.until(() => instances.endedOf('/h/executor').length === 1);
      return names;
    },
    ask: { to: 'GET /v2/apps/h/executor' },
    answers: { status: 200, body: { app: { tasks: [] } } },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'HTTPS is asked without looking at the certificate; plain HTTP does not answer it',
    given: async (stage) => {
      const berth = await stage.berth();
      const check = {
        protocol: 'HTTPS',
        path: '/',
        intervalSeconds: 1,
        timeoutSeconds: 1,
        gracePeriodSeconds: 0,
        maxConsecutiveFailures: 0,
      };
      await asked('POST /v2/apps', app('/h/https', { ...berth.fields, healthChecks: [check] }))(stage);
      return counted('/h/https', 'tasksUnhealthy')(stage);
    },
    ask: { to: 'GET /v2/apps/h/https' },
    answers: { status: 200, body: { app: { tasksUnhealthy: 1 } } },
  },
  ...['TCP', 'MESOS_TCP', 'MESOS_HTTP'].map(
    (protocol): Case => ({
      endpoint: 'GET /v2/apps/{id}',
      when: `a check of ${protocol}`,
      given: async (stage) => {
        const berth = await stage.berth();
        const id = `/h/${protocol.toLowerCase().replace('_', '-')}`;
        const check = { protocol, intervalSeconds: 1, timeoutSeconds: 1, delaySeconds: 0 };
        await asked('POST /v2/apps', app(id, { ...berth.fields, healthChecks: [check] }))(stage);
        return counted(id, 'tasksHealthy')(stage);
      },
      ask: { to: `GET /v2/apps/h/${protocol.toLowerCase().replace('_', '-')}` },
      answers: { status: 200, body: { app: { tasksHealthy: 1, tasks: [{ healthCheckResults: [{ alive: true }] }] } } },
    }),
  ),
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a deployment waits for its health checks',
    given: async (stage) => {
      const berth = await stage.berth();
      berth.answers(500);
      const check = { path: '/', intervalSeconds: 1, timeoutSeconds: 1, gracePeriodSeconds: 100 };
      const names = await asked('POST /v2/apps', app('/h/waited', { ...berth.fields, healthChecks: [check] }))(stage);
      await stage.eventually('it is asked', async () => (berth.asked('/') > 0 ? true : undefined));
      return names;
    },
    ask: { to: 'GET /v2/apps/h/waited' },
    answers: { status: 200, body: { app: { tasksRunning: 1, deployments: [{ id: '{deployment}' }] } } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/tasks',
    when: 'an informational check is only told',
    given: async (stage) => {
      const check = { exec: { command: { shell: 'exit 4' } }, intervalSeconds: 1, timeoutSeconds: 1, delaySeconds: 0 };
      await steady('/h/check', { check })(stage);
      await stage.eventually(
        'a result',
        async () => (await stage.api.get('/v2/apps/h/check/tasks')).tasks[0].checkResult?.command.exitCode,
      );
      return {};
    },
    ask: { to: 'GET /v2/apps/h/check/tasks' },
    answers: { status: 200, body: { tasks: [{ state: 'TASK_RUNNING', checkResult: { command: { exitCode: 4 } } }] } },
  },
  {
    endpoint: 'GET /v2/deployments',
    when: 'readiness is told with what is under way',
    given: async (stage) => {
      const berth = await stage.berth();
      berth.answers(503);
      await steadyAnywhere('/h/ready', berth.fields)(stage);
      const readinessChecks = [{ intervalSeconds: 2, timeoutSeconds: 1 }];
      const { deployment = '' } = await asked('PUT /v2/apps/h/ready', { readinessChecks })(stage);
      await stage.eventually('a result', async () => {
        const [found] = (await stage.api.get('/v2/deployments')).filter(({ id }: { id: string }) => id === deployment);
        return found?.currentActions[0].readinessCheckResults[0];
      });
      return { deployment };
    },
    ask: { to: 'GET /v2/deployments' },
    answers: {
      status: 200,
      body: some(
        having({
          id: text,
          currentActions: [
            {
              action: 'RestartApplication',
              app: '/h/ready',
              readinessCheckResults: [having({ name: 'readinessCheck', ready: false, taskId: matching(/^h_ready\.instance-/) })],
            },
          ],
        }),
      ),
    },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'other timing of a check: taken up by who runs',
    given: steady('/h/timing', { healthChecks: [command('true')] }),
    ask: { to: 'PUT /v2/apps/h/timing', body: { healthChecks: [command('true', { intervalSeconds: 7 })] } },
    answers: { status: 200 },
    after: async (stage, _, { task }) => {
      await settled(stage, '/h/timing');
      expect((await stage.api.get('/v2/apps/h/timing/tasks')).tasks).toMatchObject([{ id: task }]);
    },
    differs: DIFFERENCES.inPlace,
  },
];
