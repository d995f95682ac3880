import { expect } from 'vitest';
import type { Json } from '../../support/api.ts';
import { type Case, DEPLOYMENT, having, ISO, matching, some } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { all, app, asked, locked, lockedWhileRunning, NOWHERE, pod, settled, steady, steadyPod } from '../stage.ts';

const gone = (id: string) => ({ status: 404, is: { message: `DeploymentPlan ${id} does not exist` } });
const NOBODY = '0f8ee4d5-33c9-11eb-8ca6-000000000000';

/** More than Marathon allows at once by default. */
const MARATHONS_MAX = 100;

export const deployments: readonly Case[] = [
  {
    endpoint: 'GET /v2/deployments',
    when: 'nothing runs: no history',
    given: steady('/d/past'),
    ask: { to: 'GET /v2/deployments' },
    answers: { status: 200, is: [] },
  },
  {
    endpoint: 'GET /v2/deployments',
    when: 'a new app that waits',
    given: locked('/d/new'),
    ask: { to: 'GET /v2/deployments' },
    answers: { status: 200 },
    after: (_, body, { deployment, version }) =>
      expect(body).toContainEqual({
        id: deployment,
        version,
        affectedApps: ['/d/new'],
        affectedPods: [],
        steps: [{ actions: [{ action: 'StartApplication', app: '/d/new' }] }, { actions: [{ action: 'ScaleApplication', app: '/d/new' }] }],
        currentActions: [{ action: 'ScaleApplication', app: '/d/new', readinessCheckResults: [] }],
        currentStep: 2,
        totalSteps: 2,
      }),
  },
  {
    endpoint: 'GET /v2/deployments',
    when: 'another configuration: one step, RestartApplication',
    given: lockedWhileRunning('/d/other'),
    ask: { to: 'GET /v2/deployments' },
    answers: {
      status: 200,
      body: some(
        having({
          affectedApps: ['/d/other'],
          steps: [{ actions: [{ action: 'RestartApplication', app: '/d/other' }] }],
          currentStep: 1,
          totalSteps: 1,
        }),
      ),
    },
  },
  {
    endpoint: 'GET /v2/deployments',
    when: 'more instances: one step, ScaleApplication',
    given: all(steady('/d/scale', { constraints: [['rack', 'MAX_PER', '1']] }), asked('PUT /v2/apps/d/scale', { instances: 9 })),
    ask: { to: 'GET /v2/deployments' },
    answers: {
      status: 200,
      body: some(having({ affectedApps: ['/d/scale'], steps: [{ actions: [{ action: 'ScaleApplication', app: '/d/scale' }] }] })),
    },
  },
  {
    endpoint: 'GET /v2/deployments',
    when: 'a pod',
    given: asked(
      'POST /v2/pods',
      pod('/d/pod', { scheduling: { placement: { constraints: [{ fieldName: 'rack', operator: 'IS', value: 'nowhere' }] } } }),
    ),
    ask: { to: 'GET /v2/deployments' },
    answers: {
      status: 200,
      body: some(
        having({
          affectedApps: [],
          affectedPods: ['/d/pod'],
          steps: [{ actions: [{ action: 'StartPod', pod: '/d/pod' }] }, { actions: [{ action: 'ScalePod', pod: '/d/pod' }] }],
        }),
      ),
    },
  },
  {
    endpoint: 'GET /v2/deployments',
    when: 'a group: one deployment, at the step that waits',
    given: asked('PUT /v2/groups/d/group', {
      apps: [app('web', { dependencies: ['db'] }), app('db', { constraints: [NOWHERE] })],
    }),
    ask: { to: 'GET /v2/deployments' },
    answers: { status: 200 },
    after: async ({ api, eventually }, _, { deployment, version }) => {
      const found = await eventually('its second step', async () =>
        (await api.get('/v2/deployments')).find(({ id, currentStep }: Json) => id === deployment && currentStep === 2),
      );
      expect(found).toMatchObject({
        version,
        affectedApps: ['/d/group/db', '/d/group/web'],
        totalSteps: 3,
        currentActions: [{ action: 'ScaleApplication', app: '/d/group/db' }],
      });
    },
  },
  {
    endpoint: 'DELETE /v2/deployments/{id}',
    when: 'a new app: another deployment takes it away again',
    given: locked('/d/revertnew'),
    ask: { to: 'DELETE /v2/deployments/{deployment}' },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ until, engine }, { deploymentId }, { deployment }) => {
      expect(deploymentId).not.toBe(deployment);
      await until(() => engine.views.apps.get('/d/revertnew') === undefined);
    },
  },
  {
    endpoint: 'DELETE /v2/deployments/{id}',
    when: 'a change: back to what was there, whose task stays',
    given: lockedWhileRunning('/d/revert', { mem: 33 }),
    ask: { to: 'DELETE /v2/deployments/{lock}' },
    answers: { status: 200, body: DEPLOYMENT },
    after: async (stage, _, { task }) => {
      await settled(stage, '/d/revert');
      expect((await stage.api.get('/v2/apps/d/revert')).app).toMatchObject({
        mem: 33,
        constraints: [['rack', 'LIKE', 'r[0-9]+']],
        tasks: [{ id: task }],
      });
    },
  },
  {
    endpoint: 'DELETE /v2/deployments/{id}',
    when: 'of a group: another deployment of the group',
    given: asked('PUT /v2/groups/d/revertgroup', { apps: [app('a'), app('b', { constraints: [NOWHERE] })] }),
    ask: { to: 'DELETE /v2/deployments/{deployment}' },
    answers: { status: 200, body: DEPLOYMENT },
    after: ({ until, engine }) => until(() => engine.views.apps.get('/d/revertgroup/a') === undefined),
  },
  {
    endpoint: 'DELETE /v2/deployments/{id}',
    when: 'with force: it ends, and what is there stays',
    given: lockedWhileRunning('/d/cancel', { mem: 33 }),
    ask: { to: 'DELETE /v2/deployments/{lock}?force=true' },
    answers: { status: 202, text: '' },
    after: async (stage, _, { task }) => {
      await settled(stage, '/d/cancel');
      expect((await stage.api.get('/v2/apps/d/cancel')).app).toMatchObject({ constraints: [NOWHERE], tasks: [{ id: task }] });
    },
  },
  {
    endpoint: 'DELETE /v2/deployments/{id}',
    when: 'of a group, with force',
    given: asked('PUT /v2/groups/d/cancelgroup', { apps: [app('a', { constraints: [NOWHERE] })] }),
    ask: { to: 'DELETE /v2/deployments/{deployment}?force=true' },
    answers: { status: 202, text: '' },
  },
  {
    endpoint: 'DELETE /v2/deployments/{id}',
    when: 'one that has ended',
    given: steady('/d/ended'),
    ask: { to: 'DELETE /v2/deployments/{deployment}' },
    answers: gone('{deployment}'),
  },
  { endpoint: 'DELETE /v2/deployments/{id}', when: 'none', ask: { to: `DELETE /v2/deployments/${NOBODY}` }, answers: gone(NOBODY) },
  {
    endpoint: 'PUT /v2/pods/{id}',
    when: 'locked by a deployment',
    given: async (stage) => {
      const names = await steadyPod('/d/lockedpod')(stage);
      const nowhere = { placement: { constraints: [{ fieldName: 'rack', operator: 'IS', value: 'nowhere' }] } };
      const { deployment = '' } = await asked('PUT /v2/pods/d/lockedpod', pod('/d/lockedpod', { scheduling: nowhere }))(stage);
      return { ...names, lock: deployment };
    },
    ask: { to: 'PUT /v2/pods/d/lockedpod', body: pod('/d/lockedpod', { environment: { A: '1' } }) },
    answers: { status: 409, body: { message: matching(/^App is locked by one or more deployments/), deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'more deployments at once than --max_running_deployments of Marathon: no limit, no 403',
    given: async (stage) => {
      for (let nth = 0; nth <= MARATHONS_MAX; nth++) await locked(`/d/many/n${nth}`)(stage);
      return {};
    },
    ask: { to: 'POST /v2/apps', body: app('/d/many/last') },
    answers: { status: 201, body: { version: ISO } },
    differs: DIFFERENCES.deploymentsMax,
  },
];

/** With `--max-running-deployments 1`. */
export const limited: readonly Case[] = [
  {
    endpoint: 'POST /v2/apps',
    when: 'one deployment more than may run at once',
    given: locked('/limited/first'),
    ask: { to: 'POST /v2/apps', body: app('/limited/second') },
    answers: { status: 403, body: { message: expect.any(String) } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'by force, in the place of the one that runs',
    ask: { to: 'PUT /v2/apps/limited/first?force=true', body: { constraints: [] } },
    answers: { status: 200, body: DEPLOYMENT },
  },
];
