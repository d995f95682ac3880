import { describe, expect, test } from 'vitest';
import { running } from './running.ts';

const web = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16, instances: 2 };

/** An app with all its instances running. */
const deployed = async (definition: Readonly<Record<string, unknown>> = web) => {
  const made = await running();
  const { call, world } = made;
  const { body } = await call('POST', '/v2/apps', definition);
  const { apps } = world.engine.views;
  await made.until(() => apps.get(body.id)?.deployment === undefined, 'it is deployed');
  const tasks = async () =>
    (await call('GET', `/v2/apps${body.id}/tasks`)).body.tasks as readonly { readonly id: string; readonly host: string }[];
  return { ...made, tasks, isSteady: () => apps.get(body.id)?.deployment === undefined };
};

describe('over a running engine', () => {
  test('a task that is killed is replaced; one that is killed with scale is not', async () => {
    const { call, tasks, until, world, isSteady } = await deployed();
    const [first, second] = await tasks();
    const live = () => world.engine.views.instances.ofApp('/web').filter(({ state }) => state === 'running.unchecked');
    const replaced = await call('POST', '/v2/tasks/delete', { ids: [first?.id] });
    expect(replaced.body.tasks).toMatchObject([{ id: first?.id, state: 'TASK_RUNNING' }]);
    await until(() => live().some(({ attempt }) => attempt === 2), 'it has a replacement');
    const { body } = await call('POST', '/v2/tasks/delete?scale=true', { ids: [second?.id] });
    expect(body).toEqual({ version: expect.any(String), deploymentId: expect.any(String) });
    await until(() => isSteady() && world.engine.views.instances.ofApp('/web').length === 1, 'one is left');
    expect((await call('GET', '/v2/apps/web')).body.app).toMatchObject({ instances: 1, tasksRunning: 1 });
    expect((await tasks()).map(({ id }) => id)).not.toContain(second?.id);
  });

  test('what nobody takes is in the queue with every reason, and each node says why with its numbers', async () => {
    const { call, until, world } = await deployed();
    await call('POST', '/v2/apps', { id: '/wide', cmd: 'serve', cpus: 64, mem: 99_999_999, acceptedResourceRoles: ['*'] });
    await until(() => world.engine.views.instances.ofApp('/wide').some(({ deferred }) => deferred !== undefined), '/wide finds no place');
    const { queue } = (await call('GET', '/v2/queue?embed=lastUnusedOffers')).body;
    expect(queue).toHaveLength(1);
    const [{ app, processedOffersSummary, lastUnusedOffers }] = queue;
    expect(app.id).toBe('/wide');
    expect(processedOffersSummary.rejectSummaryLastOffers).toContainEqual({ reason: 'InsufficientCpus', declined: 2, processed: 2 });
    expect(lastUnusedOffers.map(({ offer, reason }: { offer: { agentId: string }; reason: string }) => [offer.agentId, reason])).toEqual([
      ['n1', ['InsufficientCpus', 'InsufficientMemory']],
      ['n2', ['InsufficientCpus', 'InsufficientMemory']],
    ]);
    expect(lastUnusedOffers[0].because[0]).toMatch(/^wants 64 cpus, 15\.\d+ left of 16$/);
  });

  test('a deployment is cancelled or reverted while it waits, the moment after it was asked for', async () => {
    const { call, until, world, isSteady } = await deployed();
    const wide = { cpus: 64 };
    const first = (await call('PUT', '/v2/apps/web', wide)).body.deploymentId;
    expect((await call('GET', '/v2/deployments')).body).toMatchObject([
      { id: first, affectedApps: ['/web'], affectedPods: [], currentActions: [{ action: 'RestartApplication', app: '/web' }] },
    ]);
    expect(await call('DELETE', `/v2/deployments/${first}?force=true`)).toMatchObject({ status: 202, body: undefined });
    await until(isSteady, 'it is let go of');
    const second = (await call('PUT', '/v2/apps/web', { cpus: 63 })).body.deploymentId;
    const reverted = await call('DELETE', `/v2/deployments/${second}`);
    expect([reverted.status, reverted.headers['marathon-deployment-id']]).toEqual([200, reverted.body.deploymentId]);
    expect(world.engine.views.apps.get('/web')?.definition.cpus).toBe(64);
    expect(await call('DELETE', '/v2/deployments/none')).toMatchObject({
      status: 404,
      body: { message: 'DeploymentPlan none does not exist' },
    });
  });

  test('the events of a deployment come in order, and whoever comes back hears the rest', async () => {
    const made = await running();
    const filter = '?event_type=deployment_info&event_type=deployment_step_success&event_type=deployment_success&event_type=api_post_event';
    const listener = await made.listen(`/v2/events${filter}`);
    await made.call('POST', '/v2/apps', web);
    const events = await listener.waitFor((all) => all.at(-1)?.event === 'deployment_success');
    const told = events.map(({ event, data }) => [event, data.currentStep?.actions[0].action]);
    expect(told).toEqual([
      ['api_post_event', undefined],
      ['deployment_info', 'StartApplication'],
      ['deployment_step_success', 'StartApplication'],
      ['deployment_info', 'ScaleApplication'],
      ['deployment_step_success', 'ScaleApplication'],
      ['deployment_success', undefined],
    ]);
    expect(events[0]?.data.clientIp).toBe('127.0.0.1');
    const back = await made.listen(`/v2/events${filter}`, { 'last-event-id': events[1]?.id ?? '' });
    expect(await back.waitFor(4)).toEqual(events.slice(2));
  });

  test('what a plan changes of each member was asked for from where the plan was, live as in a replay', async () => {
    const made = await running();
    const path = '/v2/events?event_type=api_post_event&event_type=pod_created_event&event_type=pod_deleted_event';
    const listener = await made.listen(path);
    const pod = { id: 'p', containers: [{ name: 'c', resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: 'serve' } } }] };
    await made.call('PUT', '/v2/groups/g', { apps: [{ id: 'a', cmd: 'serve', cpus: 0.1, mem: 16 }], pods: [pod] });
    await listener.waitFor(2);
    await made.call('DELETE', '/v2/groups/g?force=true');
    const told = await listener.waitFor(3);
    const named = told.map(({ event, data }) => `${event} ${data.uri} ${data.clientIp}`);
    expect([named.slice(0, 2).toSorted(), named[2]]).toEqual([
      ['api_post_event /v2/apps/g/a 127.0.0.1', 'pod_created_event /v2/pods/g/p 127.0.0.1'],
      'pod_deleted_event /v2/pods/g/p 127.0.0.1',
    ]);
    expect(await (await made.listen(path, { 'last-event-id': '0.0' })).waitFor(3)).toEqual(told);
  });

  test('an instance that was forgotten with its node is no task any more, and unknown when the node returns and it is stopped', async () => {
    const made = await running({ pace: { heartbeatMs: 20, pingDeadlineMs: 20, missedMax: 2, inventoryMs: 50 } });
    const { call, world, until } = made;
    const { instances } = world.engine.views;
    await call('POST', '/v2/apps', { ...web, instances: 1, unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 } });
    await until(() => instances.ofApp('/web').some(({ state }) => state === 'running.unchecked'), 'it runs');
    const [lost] = instances.ofApp('/web');
    const node = world.engine.views.nodes.get(lost?.node ?? '');
    if (lost === undefined || node === undefined) throw new Error('it has no node');
    const listener = await made.listen('/v2/events?event_type=unknown_instance_terminated_event');
    const { portRanges: _, ...offer } = node.offer;
    const host = world.hosts.host(node.id, offer);
    host.partition();
    await until(() => instances.get(lost.id)?.state === 'expunged', 'it is forgotten');
    expect((await call('GET', '/v2/tasks')).body.tasks.map(({ id }: { id: string }) => id)).not.toContain(`web.instance-${lost.id}._app.1`);
    host.heal();
    const [event] = await listener.waitFor(1);
    expect(event?.data).toMatchObject({ instanceId: `web.instance-${lost.id}`, runSpecId: '/web', condition: 'Killed' });
  });
});
