import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { marathonEvents } from '../../../src/adapters/http/marathon/eventMapping.ts';
import type { AppScene, InstanceScene } from '../../../src/adapters/http/marathon/scenes.ts';
import type { AppFact } from '../../../src/domain/app/app.facts.ts';
import type { AppDefinition } from '../../../src/domain/app/definition/definition.ts';
import { parseApp } from '../../../src/domain/app/definition/parse.ts';
import { parsePod } from '../../../src/domain/app/pod/parse.ts';
import type { InstanceFact } from '../../../src/domain/instance/instance.facts.ts';
import type { Metadata } from '../../../src/domain/kernel/recorded.ts';
import { START } from '../../support/fakeEngine.ts';

const at = new Date(START).toISOString();
const meta = { at: START } as Metadata;
const UUID = '00000000-0000-4000-8000-000000000001';

const parsed = (input: object): AppDefinition => {
  const app = parseApp(input);
  if (E.isLeft(app)) throw new Error(JSON.stringify(app.left));
  return app.right;
};
const containerOf = (name: string) => ({ name, exec: { command: { shell: 'serve' } }, resources: { cpus: 0.1, mem: 16 } });
const plain = parsed({ id: '/shop/web', cmd: 'serve', env: { KEY: 'hunter2' } });
const checked = parsed({ id: '/shop/web', cmd: 'serve', healthChecks: [{ protocol: 'TCP' }] });

const instance = (change: Partial<InstanceScene>): InstanceScene => ({
  kind: 'instance',
  id: UUID,
  app: '/shop/web',
  version: 'c1',
  node: 'n1',
  host: '10.0.0.1',
  hostPorts: [31_000],
  ipAddresses: [],
  before: 'running.unchecked',
  after: 'running.unchecked',
  definition: checked,
  ended: [],
  wasForgotten: false,
  ...change,
});
const app = (change: Partial<AppScene> = {}): AppScene => ({
  kind: 'app',
  app: '/shop/web',
  version: 'v2',
  isPod: false,
  clientIp: '192.0.2.7',
  ...change,
});

const taskId = `shop_web.instance-${UUID}._app.1`;
const instanceId = `shop_web.instance-${UUID}`;
const ofInstance = (fact: InstanceFact, change: Partial<InstanceScene>) => marathonEvents({ fact, meta }, instance(change));
const ofApp = (fact: AppFact, change: Partial<AppScene> = {}) => marathonEvents({ fact, meta }, app(change));
const kinds = (events: readonly { readonly eventType: string }[]) => events.map(({ eventType }) => eventType);

describe('events of an instance', () => {
  test('a container of a pod that ends before the others is told once, by its own end; the rest with their pod', () => {
    const definition = E.getOrElse((): AppDefinition => plain)(
      parsePod({ id: '/shop/web', containers: [containerOf('init'), containerOf('front')] }),
    );
    const tasks = (fact: InstanceFact, change: Partial<InstanceScene>) =>
      ofInstance(fact, { definition, ...change })
        .filter(({ eventType }) => eventType === 'status_update_event')
        .map(({ taskId, taskStatus, message }) => [taskId, taskStatus, message]);
    expect(tasks({ type: 'PodContainerExited', name: 'init', exitCode: 0, oom: false }, {})).toEqual([
      [`shop_web.instance-${UUID}.init.1`, 'TASK_FINISHED', 'Command exited with status 0'],
    ]);
    const containers = [
      { name: 'init', exitCode: 0, oom: false },
      { name: 'front', exitCode: 3, oom: false },
    ];
    const end: InstanceFact = { type: 'ContainerExited', exitCode: 3, oom: false, containers };
    expect(tasks(end, { after: 'exited', ended: ['init'] })).toEqual([
      [`shop_web.instance-${UUID}.front.1`, 'TASK_FAILED', 'Command exited with status 3'],
    ]);
    expect(tasks(end, { after: 'killed' }).map(([, status]) => status)).toEqual(['TASK_KILLED', 'TASK_KILLED']);
  });

  test('each container of a pod is a task with its own status, in one instance', () => {
    const fact: InstanceFact = { type: 'ContainerStarted', containerId: 'c', ipAddresses: [] };
    const parsedPod = parsePod({ id: '/shop/web', networks: [{ mode: 'host' }], containers: ['front', 'side'].map(containerOf) });
    if (E.isLeft(parsedPod)) throw new Error(JSON.stringify(parsedPod.left));
    const definition = parsedPod.right;
    const events = ofInstance(fact, { before: 'starting', after: 'running.unchecked', definition });
    expect(events.map(({ eventType, taskId: id }) => [eventType, id])).toEqual([
      ['status_update_event', `${instanceId}.front.1`],
      ['status_update_event', `${instanceId}.side.1`],
      ['instance_changed_event', undefined],
    ]);
  });

  test('one that had been forgotten is unknown when it ends', () => {
    const fact: InstanceFact = { type: 'ContainerExited', exitCode: 0, oom: false };
    const ends = { before: 'stopping', after: 'killed' };
    expect(kinds(ofInstance(fact, ends))).not.toContain('unknown_instance_terminated_event');
    expect(ofInstance(fact, { ...ends, wasForgotten: true })).toContainEqual({
      eventType: 'unknown_instance_terminated_event',
      timestamp: at,
      instanceId,
      runSpecId: '/shop/web',
      condition: 'Killed',
    });
  });

  test('a start is a status update and a changed instance', () => {
    const fact: InstanceFact = { type: 'ContainerStarted', containerId: 'c', ipAddresses: ['172.17.0.2'] };
    const events = ofInstance(fact, { before: 'starting', after: 'running.unchecked', ipAddresses: ['172.17.0.2'] });
    expect(events).toEqual([
      {
        eventType: 'status_update_event',
        timestamp: at,
        slaveId: 'n1',
        taskId,
        taskStatus: 'TASK_RUNNING',
        message: '',
        appId: '/shop/web',
        host: '10.0.0.1',
        ipAddresses: [{ ipAddress: '172.17.0.2', protocol: 'IPv4' }],
        ports: [31_000],
        version: 'c1',
      },
      {
        eventType: 'instance_changed_event',
        timestamp: at,
        instanceId,
        condition: 'Running',
        runSpecId: '/shop/web',
        agentId: 'n1',
        host: '10.0.0.1',
        runSpecVersion: 'c1',
      },
    ]);
  });

  test.each([
    ['exited with 0', { type: 'ContainerExited', exitCode: 0, oom: false }, 'exited', 'TASK_FINISHED', 'Command exited with status 0'],
    ['exited with 3', { type: 'ContainerExited', exitCode: 3, oom: false }, 'exited', 'TASK_FAILED', 'Command exited with status 3'],
    [
      'ended by a signal',
      { type: 'ContainerExited', signal: 'SIGSEGV', oom: false },
      'exited',
      'TASK_FAILED',
      'Command terminated with signal SIGSEGV',
    ],
    ['out of memory', { type: 'ContainerExited', oom: true }, 'exited', 'TASK_FAILED', 'Out of memory'],
    [
      'asked to stop',
      { type: 'InstanceStopRequested', reason: 'scaled', signal: 'SIGTERM', drainMs: 0, killAt: 1 },
      'stopping',
      'TASK_KILLING',
      'scaled',
    ],
    ['out of sight', { type: 'InstanceBecameUnreachable', node: 'n1' }, 'unreachable.held', 'TASK_UNREACHABLE', ''],
    ['lost', { type: 'InstanceLost', node: 'n1', why: 'node removed' }, 'lost', 'TASK_LOST', 'node removed'],
    ['not started', { type: 'ImageMissing', image: 'x', message: 'no image' }, 'failed', 'TASK_FAILED', 'no image'],
  ] as const)('%s', (_, fact, after, taskStatus, message) => {
    const exit = fact.type === 'ContainerExited' ? { exit: { oom: fact.oom, ...('exitCode' in fact && { exitCode: fact.exitCode }) } } : {};
    const [update, changed] = ofInstance(fact, { after, ...exit });
    expect(update).toMatchObject({ eventType: 'status_update_event', taskStatus, message });
    expect(changed).toMatchObject({ eventType: 'instance_changed_event' });
  });

  test('one that waits for its place has changed but has no task', () => {
    const fact = {
      type: 'InstanceRequested',
      app: '/shop/web',
      version: 'c1',
      slot: 0,
      attempt: 1,
      delayMs: 0,
      gated: false,
      owner: 'o',
    } as const;
    expect(kinds(ofInstance(fact, { before: 'absent', after: 'requested' }))).toEqual(['instance_changed_event']);
  });

  test('a fact that changes neither condition nor task is nothing new', () => {
    expect(ofInstance({ type: 'PlacementDeferred', considered: 1, excluded: {} }, { before: 'requested', after: 'requested' })).toEqual([]);
  });

  test('healthy and unhealthy are told in both forms, a failure with its check', () => {
    const healthy = ofInstance({ type: 'InstanceBecameReady' }, {});
    expect(healthy).toEqual([
      { eventType: 'health_status_changed_event', timestamp: at, appId: '/shop/web', instanceId, taskId, version: 'c1', alive: true },
      {
        eventType: 'instance_health_changed_event',
        timestamp: at,
        instanceId,
        runSpecId: '/shop/web',
        healthy: true,
        runSpecVersion: 'c1',
      },
    ]);
    const unhealthy = ofInstance({ type: 'InstanceBecameUnhealthy', probe: 'TCP', failures: 3, cause: 'refused' }, {});
    expect(unhealthy[0]).toMatchObject({ eventType: 'failed_health_check_event', taskId: instanceId, healthCheck: { protocol: 'TCP' } });
    expect(unhealthy.slice(1)).toMatchObject([{ alive: false }, { healthy: false }]);
    expect(ofInstance({ type: 'InstanceBecameHealthy', probe: 'TCP' }, {})).toEqual(healthy);
  });

  test('ready without health checks says nothing of health', () => {
    expect(ofInstance({ type: 'InstanceBecameReady' }, { definition: plain })).toEqual([]);
  });

  test('a stop in the name of the failed check is a kill of an unhealthy instance; any other stop is not', () => {
    const stop = (reason: string): InstanceFact => ({ type: 'InstanceStopRequested', reason, signal: 'SIGTERM', drainMs: 0, killAt: 1 });
    const scene = { before: 'running.checked.unhealthy', after: 'stopping', failedProbe: 'TCP' };
    const [kill] = ofInstance(stop('TCP: refused'), scene);
    expect(kill).toEqual({
      eventType: 'unhealthy_instance_kill_event',
      timestamp: at,
      appId: '/shop/web',
      taskId,
      instanceId,
      version: 'c1',
      reason: 'TCP: refused',
      host: '10.0.0.1',
      slaveId: 'n1',
    });
    expect(kinds(ofInstance(stop('asked for'), scene))).toEqual(['status_update_event', 'instance_changed_event']);
  });
});

const to = { version: 'v2', configVersion: 'v2', instances: 2 };
const previous = { version: 'v1', configVersion: 'v1', instances: 2 };
const began = {
  type: 'DeploymentBegan',
  deployment: 'd2',
  strategy: 'rolling.v1',
  from: {},
  to,
  previous,
  minimumHealthCapacity: 1,
  maximumOverCapacity: 1,
  retire: [],
} as const;
const step = { actions: [{ action: 'RestartApplication', app: '/shop/web' }] };
const plan = { id: 'd2', version: 'v2', steps: [step] };

describe('events of an app', () => {
  test('a version is what was posted, with its secrets sealed, and a change of its group', () => {
    const fact = {
      type: 'AppVersionAdded',
      app: '/shop/web',
      version: 'v2',
      configVersion: 'v2',
      definition: plain,
      reason: 'change',
    } as const;
    const events = ofApp(fact);
    expect(kinds(events)).toEqual(['api_post_event', 'group_change_success']);
    expect(events[0]).toMatchObject({
      uri: '/v2/apps/shop/web',
      appDefinition: { id: '/shop/web', cmd: 'serve', env: { KEY: '[sealed]' }, version: 'v2' },
    });
    expect(events[1]).toEqual({ eventType: 'group_change_success', timestamp: at, groupId: '/shop', version: 'v2' });
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });

  test('a registry password is sealed too', () => {
    const credential = { principal: 'me', secret: 'hunter2' };
    const definition = parsed({ id: '/shop/web', container: { type: 'DOCKER', docker: { image: 'web', credential } } });
    const [posted] = ofApp({ type: 'AppVersionAdded', app: '/shop/web', version: 'v2', configVersion: 'v2', definition, reason: 'change' });
    expect(JSON.stringify(posted)).toContain('"principal":"me"');
    expect(JSON.stringify(posted)).not.toContain('hunter2');
  });

  test('health checks that come and go are told', () => {
    const fact = (definition: AppDefinition) =>
      ({ type: 'AppVersionAdded', app: '/shop/web', version: 'v2', configVersion: 'v2', definition, reason: 'change' }) as const;
    expect(ofApp(fact(checked), { previous: plain }).at(-1)).toMatchObject({
      eventType: 'add_health_check_event',
      version: 'v2',
      healthCheck: { protocol: 'TCP' },
    });
    expect(ofApp(fact(plain), { previous: checked }).at(-1)).toEqual({
      eventType: 'remove_health_check_event',
      timestamp: at,
      appId: '/shop/web',
    });
    expect(kinds(ofApp(fact(checked), { previous: checked }))).toEqual(['api_post_event', 'group_change_success']);
  });

  test('a deployment is announced with its plan; one that it takes over from has failed', () => {
    expect(ofApp(began)).toEqual([{ eventType: 'deployment_info', timestamp: at, plan, currentStep: step }]);
    const events = ofApp({ ...began, supersedes: 'd1' }, { deployment: { ...began, deployment: 'd1' } });
    expect(kinds(events)).toEqual(['deployment_step_failure', 'deployment_failed', 'deployment_info']);
    expect(events[1]).toMatchObject({ id: 'd1', reason: 'taken over by deployment d2' });
  });

  test('its end is a success or a failure', () => {
    const ended = { type: 'DeploymentEnded', deployment: 'd2', outcome: 'succeeded', slots: {} } as const;
    expect(ofApp(ended, { deployment: began })).toEqual([
      { eventType: 'deployment_step_success', timestamp: at, plan, currentStep: step },
      { eventType: 'deployment_success', timestamp: at, id: 'd2', plan },
    ]);
    expect(ofApp({ ...ended, outcome: 'cancelled' }, { deployment: began })).toMatchObject([
      { eventType: 'deployment_step_failure' },
      { eventType: 'deployment_failed', id: 'd2', reason: 'cancelled' },
    ]);
  });

  test('a removed app is terminated', () => {
    expect(kinds(ofApp({ type: 'AppDestroyed', app: '/shop/web' }, { previous: checked }))).toEqual([
      'app_terminated_event',
      'remove_health_check_event',
      'group_change_success',
    ]);
  });

  test('a new app is started at scale 0 and then scaled', () => {
    const { previous: _, ...first } = began;
    const [start, scale] = (['StartApplication', 'ScaleApplication'] as const).map((action) => ({
      actions: [{ action, app: '/shop/web' }],
    }));
    expect(ofApp(first).map(({ eventType, currentStep }) => [eventType, currentStep])).toEqual([
      ['deployment_info', start],
      ['deployment_step_success', start],
      ['deployment_info', scale],
    ]);
  });

  test('a pod has events of its own, which do not tell its definition', () => {
    const added = {
      type: 'AppVersionAdded',
      app: '/shop/web',
      version: 'v2',
      configVersion: 'v2',
      definition: plain,
      reason: 'change',
    } as const;
    const post = { timestamp: at, clientIp: '192.0.2.7', uri: '/v2/pods/shop/web' };
    expect(ofApp(added, { isPod: true })[0]).toEqual({ eventType: 'pod_created_event', ...post });
    expect(ofApp(added, { isPod: true, previous: plain })[0]).toEqual({ eventType: 'pod_updated_event', ...post });
    const { to: _, ...removal } = began;
    const events = ofApp(removal, { isPod: true });
    expect(events[0]).toEqual({ eventType: 'pod_deleted_event', ...post });
    expect(events[1]).toMatchObject({ plan: { steps: [{ actions: [{ action: 'StopPod', pod: '/shop/web' }] }] } });
    expect(kinds(ofApp(removal))).toEqual(['deployment_info']);
  });

  test('what a request asked for in vain is told, unless it changes no app', () => {
    const fact = {
      type: 'RequestReceived',
      command: 'DeployApp',
      subject: 'app-/shop/web',
      body: {},
      outcome: { kind: 'refused', code: 'app-locked', message: 'no' },
    } as const;
    const ofRequest = (change: object) => marathonEvents({ fact: { ...fact, ...change }, meta }, { kind: 'request' });
    expect(ofRequest({})).toEqual([{ eventType: 'group_change_failed', timestamp: at, groupId: '/shop', version: at, reason: 'no' }]);
    expect(ofRequest({ outcome: { kind: 'accepted' } })).toEqual([]);
    expect(ofRequest({ outcome: { ...fact.outcome, code: 'illegal-in-state' } })).toEqual([]);
    const groupOf = (url: string) => ofRequest({ command: 'ChangeGroup', subject: 'group-root', body: { url } })[0]?.groupId;
    expect(['/v2/groups/shop/front/?force=true', '/v2/groups/shop', '/v2/groups', '/v2/apps?force=true'].map(groupOf)).toEqual([
      '/shop/front',
      '/shop',
      '/',
      '/',
    ]);
    expect(ofRequest({ command: 'StopInstance', subject: 'instance-x' })).toEqual([]);
  });

  test('Marathon had no word for other nouns', () => {
    expect(marathonEvents({ fact: { type: 'NodeReturned' }, meta }, { kind: 'none' })).toEqual([]);
  });
});
