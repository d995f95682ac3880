import { expect } from 'vitest';
import { type Case, DEPLOYMENT, having, matching, some } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { all, failing, lockedWhileRunning, steady, steadyPod, unplaceable } from '../stage.ts';
import { LOCKED } from './apps.ts';

const NO_BOTH = { status: 400, is: { message: 'You cannot use scale and wipe at the same time.' } };
const TASK = {
  id: '{task}',
  host: '{host}',
  slaveId: '{node}',
  state: 'TASK_RUNNING',
  ports: [expect.any(Number)],
  servicePorts: [expect.any(Number)],
};

/** Killed, it comes back: another task in its place. */
const replaced = (id: string): NonNullable<Case['after']> => {
  return async ({ until, engine }, _, { task }) =>
    until(() => {
      const running = engine.views.instances.ofApp(id).filter(({ state }) => state.startsWith('running'));
      return running.length > 0 && running.every((row) => !task?.includes(row.id));
    });
};
const scaledTo = (id: string, instances: number): NonNullable<Case['after']> => {
  return async ({ until, engine, api }) => {
    await until(() => engine.views.apps.get(id)?.deployment === undefined);
    expect((await api.get(`/v2/apps${id}`)).app).toMatchObject({ instances, tasksRunning: instances });
  };
};

/** The forms in which Marathon ever wrote the id of a task. */
const FORMS: readonly (readonly [string, string])[] = [
  ['since 1.8', '{instance}._app.1'],
  ['before 1.8', '{instance}.1'],
  ['of the instance', '{instance}'],
];

export const tasks: readonly Case[] = [
  {
    endpoint: 'GET /v2/apps/{id}/tasks',
    when: 'an app that runs',
    given: steady('/t/list'),
    ask: { to: 'GET /v2/apps/t/list/tasks' },
    answers: { status: 200, body: { tasks: [{ ...TASK, appId: '/t/list' }] } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/tasks',
    when: '{group}/* is all of the group',
    given: all(steady('/t/group/a'), steady('/t/group/b')),
    ask: { to: 'GET /v2/apps/t/group/*/tasks' },
    answers: { status: 200, body: { tasks: [{ appId: '/t/group/a' }, { appId: '/t/group/b' }] } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/tasks',
    when: 'no such app',
    ask: { to: 'GET /v2/apps/none/tasks' },
    answers: { status: 404, is: { message: "App '/none' does not exist" } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/tasks',
    when: 'as text/plain',
    given: steady('/t/text'),
    ask: { to: 'GET /v2/apps/t/text/tasks', headers: { accept: 'text/plain' } },
    answers: { status: 406 },
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'all tasks, with the app and its service ports',
    given: steady('/t/all'),
    ask: { to: 'GET /v2/tasks' },
    answers: { status: 200, body: { tasks: some(having({ appId: '/t/all', servicePorts: [expect.any(Number)] })) } },
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'status=running',
    given: steady('/t/running'),
    ask: { to: 'GET /v2/tasks?status=running' },
    answers: { status: 200, body: { tasks: some(having({ appId: '/t/running' })) } },
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'status=staging lists no running one',
    given: steady('/t/notstaging'),
    ask: { to: 'GET /v2/tasks?status=staging' },
    answers: { status: 200 },
    after: (_, { tasks: found }) => expect(found.filter(({ state }: { state: string }) => state === 'TASK_RUNNING')).toEqual([]),
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'status[]= several times',
    given: steady('/t/several'),
    ask: { to: 'GET /v2/tasks?status[]=running&status[]=staging' },
    answers: { status: 200, body: { tasks: some(having({ appId: '/t/several' })) } },
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'what waits for a place has no task',
    given: unplaceable('/t/waiting'),
    ask: { to: 'GET /v2/tasks' },
    answers: { status: 200 },
    after: (_, { tasks: found }) => expect(found.filter(({ appId }: { appId: string }) => appId === '/t/waiting')).toEqual([]),
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'each container of a pod is a task',
    given: steadyPod('/t/pod'),
    ask: { to: 'GET /v2/tasks' },
    answers: { status: 200, body: { tasks: some(having({ appId: '/t/pod', id: matching(/^t_pod\.instance-[0-9a-f-]{36}\.web\.1$/) })) } },
  },
  {
    endpoint: 'GET /v2/tasks',
    when: 'as text/plain',
    ask: { to: 'GET /v2/tasks', headers: { accept: 'text/plain' } },
    answers: { status: 406 },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'all of them, which come back',
    given: steady('/t/kill'),
    ask: { to: 'DELETE /v2/apps/t/kill/tasks' },
    answers: { status: 200, body: { tasks: [TASK] } },
    after: replaced('/t/kill'),
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'those of a host',
    given: steady('/t/host'),
    ask: { to: 'DELETE /v2/apps/t/host/tasks?host={host}' },
    answers: { status: 200, body: { tasks: [TASK] } },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'host=* is every host',
    given: steady('/t/anyhost'),
    ask: { to: 'DELETE /v2/apps/t/anyhost/tasks?host=*' },
    answers: { status: 200, body: { tasks: [TASK] } },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'another host: none',
    given: steady('/t/otherhost'),
    ask: { to: 'DELETE /v2/apps/t/otherhost/tasks?host=elsewhere' },
    answers: { status: 200, is: { tasks: [] } },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'scale=true: a deployment of as many fewer',
    given: steady('/t/scale', { instances: 2 }),
    ask: { to: 'DELETE /v2/apps/t/scale/tasks?scale=true' },
    answers: { status: 200, body: DEPLOYMENT, headers: { 'marathon-deployment-id': /^[0-9a-f-]{36}$/ } },
    after: scaledTo('/t/scale', 0),
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'scale=true while it is locked',
    given: lockedWhileRunning('/t/scalelocked'),
    ask: { to: 'DELETE /v2/apps/t/scalelocked/tasks?scale=true' },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'scale=true while it is locked, with force',
    given: lockedWhileRunning('/t/scaleforced'),
    ask: { to: 'DELETE /v2/apps/t/scaleforced/tasks?scale=true&force=true' },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'wipe=true',
    given: steady('/t/wipe'),
    ask: { to: 'DELETE /v2/apps/t/wipe/tasks?wipe=true' },
    answers: { status: 200, body: { tasks: [TASK] } },
    after: replaced('/t/wipe'),
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'scale and wipe',
    given: steady('/t/both'),
    ask: { to: 'DELETE /v2/apps/t/both/tasks?scale=true&wipe=true' },
    answers: NO_BOTH,
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks',
    when: 'no such app',
    ask: { to: 'DELETE /v2/apps/none/tasks' },
    answers: { status: 404, is: { message: "App '/none' does not exist" } },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks/{taskId}',
    when: 'one, which comes back',
    given: steady('/t/one'),
    ask: { to: 'DELETE /v2/apps/t/one/tasks/{task}' },
    answers: { status: 200, body: { task: TASK } },
    after: replaced('/t/one'),
  },
  ...FORMS.map(
    ([when, id], nth): Case => ({
      endpoint: 'DELETE /v2/apps/{id}/tasks/{taskId}',
      when: `the id ${when}`,
      given: steady(`/t/form${nth}`),
      ask: { to: `DELETE /v2/apps/t/form${nth}/tasks/${id}` },
      answers: { status: 200, body: { task: TASK } },
    }),
  ),
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks/{taskId}',
    when: 'one that is not there',
    given: steady('/t/notask'),
    ask: { to: 'DELETE /v2/apps/t/notask/tasks/t_notask.instance-0f8ee4d5-33c9-11eb-8ca6-000000000000._app.1' },
    answers: { status: 404, is: { message: "Task 't_notask.instance-0f8ee4d5-33c9-11eb-8ca6-000000000000._app.1' does not exist" } },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks/{taskId}',
    when: 'scale=true: a deployment of one fewer, without this one',
    given: steady('/t/scaleone', { instances: 2 }),
    ask: { to: 'DELETE /v2/apps/t/scaleone/tasks/{task}?scale=true' },
    answers: { status: 200, body: DEPLOYMENT },
    after: async (stage, body, names) => {
      await scaledTo('/t/scaleone', 1)(stage, body, names);
      expect((await stage.api.get('/v2/apps/t/scaleone/tasks')).tasks).toMatchObject([{ id: names.second }]);
    },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks/{taskId}',
    when: 'scale and wipe',
    given: steady('/t/bothone'),
    ask: { to: 'DELETE /v2/apps/t/bothone/tasks/{task}?scale=true&wipe=true' },
    answers: NO_BOTH,
  },
  {
    endpoint: 'DELETE /v2/apps/{id}/tasks/{taskId}',
    when: 'wipe=true',
    given: steady('/t/wipeone'),
    ask: { to: 'DELETE /v2/apps/t/wipeone/tasks/{task}?wipe=true' },
    answers: { status: 200, body: { task: TASK } },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'by their ids',
    given: steady('/t/ids', { instances: 2 }),
    ask: { to: 'POST /v2/tasks/delete', body: { ids: ['{task}', '{second}'] } },
    answers: { status: 200, body: { tasks: [having({ appId: '/t/ids' }), having({ appId: '/t/ids' })] } },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'an id that is none',
    ask: { to: 'POST /v2/tasks/delete', body: { ids: ['nonsense'] } },
    answers: { status: 400, body: { message: matching(/^Invalid task id 'nonsense'/) } },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'ids of nobody are passed over',
    ask: { to: 'POST /v2/tasks/delete', body: { ids: ['t_x.instance-0f8ee4d5-33c9-11eb-8ca6-000000000000._app.1'] } },
    answers: { status: 200, is: { tasks: [] } },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'scale=true: a deployment',
    given: steady('/t/idsscale', { instances: 2 }),
    ask: { to: 'POST /v2/tasks/delete?scale=true', body: { ids: ['{task}'] } },
    answers: { status: 200, body: DEPLOYMENT, headers: { 'marathon-deployment-id': /^[0-9a-f-]{36}$/ } },
    after: scaledTo('/t/idsscale', 1),
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'scale=true, tasks of two apps, one of them named twice: one deployment of both',
    given: async (stage) => {
      const { task: one = '' } = await steady('/t/twoapps/a', { instances: 2 })(stage);
      const { task: other = '' } = await steady('/t/twoapps/b', { instances: 2 })(stage);
      return { one, other };
    },
    ask: { to: 'POST /v2/tasks/delete?scale=true', body: { ids: ['{one}', '{one}', '{other}'] } },
    answers: { status: 200, body: DEPLOYMENT },
    after: async (stage, body, names) => {
      for (const id of ['/t/twoapps/a', '/t/twoapps/b']) await scaledTo(id, 1)(stage, body, names);
    },
    differs: DIFFERENCES.scaleOfMany,
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'scale=true while it is locked',
    given: lockedWhileRunning('/t/idslocked'),
    ask: { to: 'POST /v2/tasks/delete?scale=true', body: { ids: ['{task}'] } },
    answers: { status: 409, body: { message: LOCKED } },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'scale=true while it is locked, with force',
    given: lockedWhileRunning('/t/idsforced'),
    ask: { to: 'POST /v2/tasks/delete?scale=true&force=true', body: { ids: ['{task}'] } },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'wipe=true',
    given: steady('/t/idswipe'),
    ask: { to: 'POST /v2/tasks/delete?wipe=true', body: { ids: ['{task}'] } },
    answers: { status: 200, body: { tasks: [TASK] } },
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'scale and wipe',
    ask: { to: 'POST /v2/tasks/delete?scale=true&wipe=true', body: { ids: [] } },
    answers: NO_BOTH,
  },
  {
    endpoint: 'POST /v2/tasks/delete',
    when: 'no ids',
    ask: { to: 'POST /v2/tasks/delete', body: {} },
    answers: { status: 422, errors: { '/ids': [expect.any(String)] } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/tasks',
    when: 'a task that has ended is none',
    given: failing('/t/ended'),
    ask: { to: 'GET /v2/apps/t/ended/tasks' },
    answers: { status: 200, is: { tasks: [] } },
  },
];
