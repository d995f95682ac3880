import { expect } from 'vitest';
import type { Json } from '../../support/api.ts';
import { ISO, matching, text, UUID } from '../case.ts';
import { DIFFERENCES, type Difference } from '../differences.ts';
import { type Event, type Listener, listenTo } from '../listen.ts';
import { app, asked, done, lockedWhileRunning, pod, type Stage, settled, steady, steadyPod } from '../stage.ts';

type Heard = { readonly stage: Stage; readonly live: Listener; readonly heard: readonly Event[] };
type EventCase = {
  readonly when: string;
  readonly differs?: Difference;
  readonly look: (heard: Heard) => void | Promise<void>;
};

const check = (value: string) => ({
  protocol: 'COMMAND',
  command: { value },
  intervalSeconds: 1,
  timeoutSeconds: 1,
  gracePeriodSeconds: 0,
  delaySeconds: 0,
  maxConsecutiveFailures: 1,
});

/** A day on which everything happens. */
export const story = async (stage: Stage): Promise<void> => {
  const { send, until, engine, url } = stage;
  const passerBy = await listenTo(`${url}/v2/events`);
  passerBy.close();
  await steady('/e/web', { env: { PASSWORD: 'tell nobody' } })(stage);
  await done('/e/web', 'PUT /v2/apps/e/web', { healthChecks: [check('true')] })(stage);
  await done('/e/web', 'PUT /v2/apps/e/web', { healthChecks: [] })(stage);
  await done('/e/web', 'POST /v2/apps/e/web/restart')(stage);
  await asked('POST /v2/apps', app('/e/ill', { backoffSeconds: 60, healthChecks: [check('false')] }))(stage);
  await until(() => engine.views.instances.endedOf('/e/ill').length > 0);
  await asked('POST /v2/apps', app('/e/failing', { cmd: 'exit 3', backoffSeconds: 60 }))(stage);
  await steadyPod('/e/pod')(stage);
  await done('/e/pod', 'PUT /v2/pods/e/pod', pod('/e/pod', { environment: { A: '1' } }))(stage);
  await done('/e/pod', 'DELETE /v2/pods/e/pod')(stage);
  await lockedWhileRunning('/e/locked')(stage);
  await send({ to: 'PUT /v2/apps/e/locked', body: { mem: 64 } });
  await done('/e/locked', 'PUT /v2/apps/e/locked?force=true', { constraints: [] })(stage);
  await asked('PUT /v2/groups/e/shop', { apps: [app('web', { dependencies: ['db'] }), app('db')] })(stage);
  await until(() => engine.views.plans.running().length === 0);
  await done('/e/web', 'DELETE /v2/apps/e/web')(stage);
  await settled(stage, '/e/web');
};

const PLAN = { id: UUID, version: ISO, steps: expect.any(Array) };
const HEALTH_CHECK = { protocol: 'COMMAND' };
const INSTANCE = matching(/^e_\w+\.instance-[0-9a-f-]{36}$/);
const TASK = matching(/^e_\w+\.instance-[0-9a-f-]{36}\.\w+\.\d+$/);
const RUN_SPEC = matching(/^\/e\//);

/** Fields of each event besides its type and time. */
const PAYLOADS: Readonly<Record<string, Json>> = {
  event_stream_attached: { remoteAddress: '127.0.0.1' },
  event_stream_detached: { remoteAddress: '127.0.0.1' },
  api_post_event: { clientIp: '127.0.0.1', uri: matching(/^\/v2\/apps\/e\//), appDefinition: { id: RUN_SPEC, version: ISO } },
  pod_created_event: { clientIp: '127.0.0.1', uri: '/v2/pods/e/pod' },
  pod_updated_event: { clientIp: '127.0.0.1', uri: '/v2/pods/e/pod' },
  pod_deleted_event: { clientIp: '127.0.0.1', uri: '/v2/pods/e/pod' },
  status_update_event: {
    slaveId: matching(/^berth-/),
    taskId: TASK,
    taskStatus: matching(/^TASK_[A-Z]+$/),
    message: text,
    appId: RUN_SPEC,
    host: '127.0.0.1',
    ipAddresses: [{ ipAddress: '127.0.0.1', protocol: 'IPv4' }],
    ports: expect.any(Array),
    version: ISO,
  },
  instance_changed_event: { instanceId: INSTANCE, condition: text, runSpecId: RUN_SPEC, agentId: text, host: text, runSpecVersion: ISO },
  instance_health_changed_event: { instanceId: INSTANCE, runSpecId: RUN_SPEC, healthy: expect.any(Boolean), runSpecVersion: ISO },
  app_terminated_event: { appId: RUN_SPEC },
  add_health_check_event: { appId: RUN_SPEC, healthCheck: HEALTH_CHECK, version: ISO },
  remove_health_check_event: { appId: RUN_SPEC },
  failed_health_check_event: { appId: '/e/ill', healthCheck: HEALTH_CHECK, taskId: INSTANCE },
  health_status_changed_event: { appId: RUN_SPEC, instanceId: INSTANCE, version: ISO, alive: expect.any(Boolean) },
  unhealthy_instance_kill_event: {
    appId: '/e/ill',
    taskId: TASK,
    instanceId: INSTANCE,
    version: ISO,
    reason: text,
    host: '127.0.0.1',
    slaveId: matching(/^berth-/),
  },
  group_change_success: { groupId: matching(/^\//), version: ISO },
  group_change_failed: { groupId: '/e', version: ISO, reason: matching(/^App is locked/) },
  deployment_info: { plan: PLAN, currentStep: { actions: expect.any(Array) } },
  deployment_step_success: { plan: PLAN, currentStep: { actions: expect.any(Array) } },
  deployment_step_failure: { plan: PLAN, currentStep: { actions: expect.any(Array) } },
  deployment_success: { id: UUID, plan: PLAN },
  deployment_failed: { id: UUID, plan: PLAN, reason: text },
  scheduler_registered_event: { frameworkId: text, master: text },
};

export const STORY_TYPES: readonly string[] = Object.keys(PAYLOADS);

const of = (heard: readonly Event[], type: string): readonly Json[] => heard.flatMap(({ event, data }) => (event === type ? [data] : []));
const recorded = (events: readonly Event[]): readonly Event[] => events.filter(({ id }) => id !== undefined);

const payloads: readonly EventCase[] = Object.entries(PAYLOADS).map(([type, payload]) => ({
  when: `${type} with its fields`,
  look: ({ heard }) => {
    const events = of(heard, type);
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(event).toMatchObject({ ...payload, eventType: type, timestamp: ISO });
  },
}));

const refused = (when: string, headers: Readonly<Record<string, string>>): EventCase => ({
  when: `405: ${when}`,
  look: async ({ stage }) => expect((await stage.send({ to: 'GET /v2/events', headers })).status).toBe(405),
});

/** Instances of an app as their events tell them, one list of states for each. */
const lives = (heard: readonly Event[], id: string): readonly (readonly string[])[] => {
  const byTask = Map.groupBy(
    of(heard, 'status_update_event').filter(({ appId }) => appId === id),
    ({ taskId }) => taskId,
  );
  return [...byTask.values()].map((updates) => updates.map(({ taskStatus }) => taskStatus));
};

const stories: readonly EventCase[] = [
  {
    when: 'a stream of events, each with its type, told with carriage returns; the connection is closed with it',
    look: ({ live }) => {
      expect(live.headers.get('content-type')).toBe('text/event-stream');
      expect(live.headers.get('connection')).toBe('close');
      expect(live.text()).toMatch(/(^|\r\n\r\n)event: \w+\r\n(id: [\d.]+\r\n)?data: \{.*\}\r\n\r\n/);
    },
  },
  {
    when: 'never as gzip',
    look: async ({ stage }) => {
      const listener = await listenTo(`${stage.url}/v2/events`, { 'accept-encoding': 'gzip' });
      expect(listener.headers.get('content-encoding')).toBeNull();
      listener.close();
    },
  },
  refused('no Accept but of anything', { accept: '*/*' }),
  refused('as JSON', { accept: 'application/json' }),
  {
    when: 'an empty line every ten seconds',
    look: async ({ stage }) => expect((await stage.api.get('/config')).wharfinger.limits.heartbeatMs).toBe(10_000),
  },
  {
    when: 'event_type= once',
    look: async ({ stage, heard }) => {
      const wanted = of(heard, 'app_terminated_event').length;
      const listener = await listenTo(`${stage.url}/v2/events?event_type=app_terminated_event`, { 'last-event-id': '0.0' });
      const events = await listener.waitFor((all) => all.length >= wanted);
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['app_terminated_event']));
      listener.close();
    },
  },
  {
    when: 'event_type= several times',
    look: async ({ stage, heard }) => {
      const types = ['deployment_success', 'pod_created_event'];
      const wanted = types.flatMap((type) => of(heard, type)).length;
      const listener = await listenTo(`${stage.url}/v2/events?${types.map((type) => `event_type=${type}`).join('&')}`, {
        'last-event-id': '0.0',
      });
      const events = await listener.waitFor((all) => all.length >= wanted);
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(types));
      listener.close();
    },
  },
  {
    when: 'without Last-Event-ID: only what happens from now on',
    look: async ({ stage }) => {
      const listener = await listenTo(`${stage.url}/v2/events`);
      const [first] = await listener.waitFor((events) => events.length > 0);
      expect(first?.event).toBe('event_stream_attached');
      listener.close();
    },
  },
  {
    when: 'resumed at any place by Last-Event-ID: nothing is missed, nothing comes twice',
    differs: DIFFERENCES.eventIds,
    look: async ({ stage, heard }) => {
      const all = recorded(heard);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      for (const share of [0.1, 0.5, 0.9]) {
        const at = Math.floor(all.length * share);
        const listener = await listenTo(`${stage.url}/v2/events`, { 'last-event-id': all[at]?.id ?? '' });
        const rest = all.slice(at + 1);
        const events = await listener.waitFor((some) => recorded(some).length >= rest.length);
        expect(recorded(events).slice(0, rest.length)).toEqual(rest);
        listener.close();
      }
    },
  },
  {
    when: 'a Last-Event-ID that is none',
    differs: DIFFERENCES.eventIds,
    look: async ({ stage }) => {
      const headers = { accept: 'text/event-stream', 'last-event-id': 'x' };
      expect((await stage.send({ to: 'GET /v2/events', headers })).status).toBe(400);
    },
  },
  {
    when: 'light plans: id, version and steps, and nothing else',
    look: ({ heard }) => {
      const plans = ['deployment_info', 'deployment_success', 'deployment_step_success'].flatMap((type) => of(heard, type));
      for (const { plan } of plans) expect(Object.keys(plan).sort()).toEqual(['id', 'steps', 'version']);
    },
  },
  {
    when: 'the states of a task, in their order',
    look: ({ heard }) => {
      expect(lives(heard, '/e/failing')[0]).toEqual(['TASK_STAGING', 'TASK_RUNNING', 'TASK_FAILED']);
      expect(lives(heard, '/e/ill')[0]).toEqual(['TASK_STAGING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']);
    },
  },
  {
    when: 'the conditions of an instance, in their order',
    look: ({ heard }) => {
      const changed = of(heard, 'instance_changed_event').filter(({ runSpecId }) => runSpecId === '/e/failing');
      const conditions = changed.filter(({ instanceId }) => instanceId === changed[0].instanceId).map(({ condition }) => condition);
      expect(conditions).toEqual(['Scheduled', 'Staging', 'Running', 'Failed']);
    },
  },
  {
    when: 'a deployment of an app: told at each step, and in the end',
    look: ({ heard }) => {
      const [first] = of(heard, 'deployment_info');
      const own = heard.filter(({ data }) => data.plan?.id === first.plan.id).map(({ event }) => event);
      expect(own).toEqual([
        'deployment_info',
        'deployment_step_success',
        'deployment_info',
        'deployment_step_success',
        'deployment_success',
      ]);
    },
  },
  {
    when: 'a deployment of a group: the same, once for all of it',
    look: ({ heard }) => {
      const success = of(heard, 'deployment_success').find(({ plan }) => plan.steps.length === 3);
      const own = heard.filter(({ data }) => data.plan?.id === success.id).map(({ event }) => event);
      expect(own.filter((event) => event === 'deployment_step_success')).toHaveLength(3);
      expect(own.at(-1)).toBe('deployment_success');
      expect(of(heard, 'group_change_success').map(({ groupId }) => groupId)).toContain('/e/shop');
    },
  },
  {
    when: 'a deployment that another took over from by force has failed',
    look: ({ heard }) => {
      const [failed] = of(heard, 'deployment_failed');
      const infos = of(heard, 'deployment_info').filter(({ plan }) => plan.id === failed.id);
      expect(infos.length).toBeGreaterThan(0);
      expect(of(heard, 'deployment_success').filter(({ id }) => id === failed.id)).toEqual([]);
    },
  },
  {
    when: 'secrets of a definition are not told',
    differs: DIFFERENCES.sealedEvents,
    look: ({ heard, live }) => {
      const post = of(heard, 'api_post_event').find(({ uri }) => uri === '/v2/apps/e/web');
      expect(post.appDefinition.env).toEqual({ PASSWORD: '[sealed]' });
      expect(live.text()).not.toContain('tell nobody');
    },
  },
  {
    when: 'api_post_event comes for a restart, too',
    differs: DIFFERENCES.postOfRestart,
    look: ({ heard }) => expect(of(heard, 'api_post_event').filter(({ uri }) => uri === '/v2/apps/e/web')).toHaveLength(4),
  },
  {
    when: 'events that there is no reason for',
    differs: DIFFERENCES.neverOccur,
    look: ({ heard }) => {
      const never = ['framework_message_event', 'scheduler_reregistered_event', 'scheduler_disconnected_event', 'subscribe_event'];
      for (const type of [...never, 'unsubscribe_event']) expect(of(heard, type)).toEqual([]);
    },
  },
];

export const EVENT_CASES: readonly EventCase[] = [...payloads, ...stories];
