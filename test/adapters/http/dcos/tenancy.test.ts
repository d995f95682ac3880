import { expect, test } from 'vitest';
import { MESOS_MESSAGES } from '../../../../src/adapters/http/dcos/mesos/messages.ts';
import { decodeMessage, encodeMessage } from '../../../../src/adapters/http/dcos/mesos/protobuf.ts';
import { streamOf } from '../../../../src/domain/kernel/ids.ts';
import { appOf, submit, until } from '../../../support/world.ts';
import { type Quay, quay } from './quay.ts';

const cpus = (value: number, more: object = {}) => ({ name: 'cpus', type: 'SCALAR', scalar: { value }, ...more });
const dynamic = (value: number, role = 'dev') => cpus(value, { reservations: [{ type: 'DYNAMIC', role }] });
const call = async ({ post }: Quay, body: object) => {
  const answer = await post('/mesos/api/v1', body);
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
};
const send = (made: Quay, method: string, path: string, body?: unknown) =>
  made.fetch(path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

/** An app of a role, which a group would have given it. */
const run = async (made: Quay, id: string, instances: number, role: string) => {
  const definition = { ...appOf({ id, cmd: 'serve', cpus: 1, mem: 16, instances }), role, acceptedResourceRoles: ['*', role] };
  await submit(made.world, streamOf('app', id), {
    ...{ type: 'DeployApp', definition, reason: 'create', deployment: made.world.ids.next(), mode: 'create', force: false },
  } as never);
  await until(made.world, () => made.world.engine.views.deployments.running().length === 0, `${id} is deployed`);
};

test('weights are told and set in both forms of Mesos, and in ours', async () => {
  const made = await quay();
  expect((await call(made, { type: 'GET_WEIGHTS' })).body.get_weights).toEqual({ weight_infos: [] });
  expect((await send(made, 'PUT', '/weights', [{ role: 'dev', weight: 2 }])).status).toBe(200);
  const update = { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'ops', weight: 3.5 }] } };
  expect((await call(made, update)).status).toBe(200);
  const set = await send(made, 'PUT', '/v1/roles/ops/weight', { weight: 4 });
  expect(await set.json()).toMatchObject({ role: { role: 'ops', weight: 4, share: 0 } });
  const wanted = [
    { role: 'dev', weight: 2 },
    { role: 'ops', weight: 4 },
  ];
  expect(await made.json('/mesos/weights')).toEqual(wanted);
  expect((await call(made, { type: 'GET_WEIGHTS' })).body.get_weights).toEqual({ weight_infos: wanted });
  expect((await call(made, { type: 'GET_ROLES' })).body.get_roles.roles).toMatchObject([
    { name: '*', weight: 1 },
    { name: 'dev', weight: 2 },
    {},
  ]);
  for (const weight of [0, -1, 10_001])
    expect((await call(made, { ...update, update_weights: { weight_infos: [{ role: 'dev', weight }] } })).status).toBe(422);
  expect((await call(made, { ...update, update_weights: { weight_infos: [{ role: '-dev', weight: 1 }] } })).status).toBe(422);
  expect((await call(made, { type: 'UPDATE_WEIGHTS' })).status).toBe(422);
});

test('quotas are set all or none, and not for more than there is unless that is forced', async () => {
  const made = await quay();
  await made.node('n1');
  const configs = (limit: number, guarantee = 0) => [
    { role: 'dev', guarantees: { cpus: { value: guarantee } }, limits: { cpus: { value: limit }, mem: { value: 2048 } } },
    { role: 'ops', limits: { cpus: { value: 1 } } },
  ];
  const update = (quota_configs: object[], force = false) => call(made, { type: 'UPDATE_QUOTA', update_quota: { force, quota_configs } });
  expect((await update(configs(3, 2))).status).toBe(200);
  expect((await call(made, { type: 'GET_QUOTA' })).body.get_quota.status).toMatchObject({
    infos: [
      { role: 'dev', guarantee: [{ name: 'cpus', scalar: { value: 2 } }] },
      { role: 'ops', guarantee: [] },
    ],
    configs: [
      { role: 'dev', guarantees: { cpus: { value: 2 } }, limits: { cpus: { value: 3 }, mem: { value: 2048 } } },
      { role: 'ops', guarantees: {}, limits: { cpus: { value: 1 } } },
    ],
  });
  await run(made, '/dev', 2, 'dev');
  expect((await made.json('/mesos/roles')).roles[1]).toMatchObject({
    name: 'dev',
    quota: { role: 'dev', guarantee: { cpus: 2 }, limit: { cpus: 3, mem: 2048 }, consumed: { cpus: 2 } },
  });
  const tooLow = await update([...configs(1), { role: 'new', limits: {} }]);
  expect([tooLow.status, tooLow.body.message]).toEqual([
    409,
    "That quota can't be kept: role 'dev' has 2 cpus already, and 1 would be its limit. Set it all the same with force.",
  ]);
  expect(made.world.engine.views.roles.get('new')).toBeUndefined();
  expect((await update([{ role: 'ops', guarantees: { cpus: { value: 3 } } }])).status).toBe(409);
  expect((await update(configs(1), true)).status).toBe(200);
  expect((await update([{ role: 'ops', guarantees: { cpus: { value: 3 } }, limits: { cpus: { value: 1 } } }])).status).toBe(422);
  expect((await update([{ role: '*', limits: {} }])).status).toBe(422);
  expect((await update([{ role: 'ops', limits: { ports: { value: 1 } } }])).status).toBe(422);
  expect((await send(made, 'DELETE', '/quota/ops')).status).toBe(200);
  expect((await call(made, { type: 'REMOVE_QUOTA', remove_quota: { role: 'ops' } })).status).toBe(404);
  expect((await send(made, 'POST', '/quota', { role: 'ops', guarantee: [cpus(1)] })).status).toBe(200);
  const own = await send(made, 'PUT', '/v1/roles/dev/quota', { limit: { cpus: 4 } });
  expect(await own.json()).toMatchObject({
    role: { role: 'dev', quota: { guarantee: {}, limit: { cpus: 4 } }, allocated: { cpus: 2 }, share: 0.5 },
  });
  expect(await made.json('/v1/roles')).toMatchObject({
    roles: [{ role: '*' }, { role: 'dev' }, { role: 'ops', quota: { limit: { cpus: 1 } } }],
  });
});

test('resources are reserved where they are free, shown, and given up where they are not in use', async () => {
  const made = await quay();
  await made.node('n1', { reserved: { ops: { cpus: 1 } } });
  const reserve = (resources: object[], type = 'RESERVE_RESOURCES') =>
    call(made, { type, [type.toLowerCase()]: { agent_id: { value: 'n1' }, resources } });
  expect((await reserve([dynamic(2), { ...dynamic(1), name: 'mem', scalar: { value: 1024 } }])).status).toBe(202);
  expect((await reserve([dynamic(2)])).status).toBe(409);
  const { slaves } = await made.json('/mesos/slaves');
  expect(slaves[0]).toMatchObject({
    resources: { cpus: 4 },
    reserved_resources: { dev: { cpus: 2, mem: 1024 }, ops: { cpus: 1 } },
    unreserved_resources: { cpus: 1, mem: 3072 },
  });
  const agents = (await call(made, { type: 'GET_AGENTS' })).body.get_agents.agents;
  expect(agents[0].total_resources).toContainEqual({ ...cpus(2), role: 'dev', reservations: [{ type: 'DYNAMIC', role: 'dev' }] });
  expect(agents[0].total_resources).toContainEqual({ ...cpus(1), role: 'ops', reservations: [{ type: 'STATIC', role: 'ops' }] });
  await run(made, '/dev', 1, 'dev');
  const inUse = await reserve([dynamic(2)], 'UNRESERVE_RESOURCES');
  expect([inUse.status, inUse.body.message]).toEqual([
    409,
    "Of what node 'n1' keeps for role 'dev' 1 cpus are not in use; 2 were to be given up.",
  ]);
  const form = new URLSearchParams({ slaveId: 'n1', resources: JSON.stringify([dynamic(1)]) });
  expect((await made.fetch('/master/unreserve', { method: 'POST', body: form })).status).toBe(202);
  expect((await made.fetch('/master/reserve', { method: 'POST', body: form })).status).toBe(202);
  const own = await send(made, 'DELETE', '/v1/nodes/n1/reservations', { role: 'dev', amounts: { cpus: 1 } });
  expect(await own.json()).toMatchObject({ node: { reserved: { ops: { cpus: 1 } }, reservations: { dev: { cpus: 1, mem: 1024 } } } });
  expect((await reserve([cpus(1, { role: 'ops' })], 'UNRESERVE_RESOURCES')).status).toBe(409);
  expect((await reserve([cpus(1)])).status).toBe(422);
  expect((await reserve([{ ...dynamic(1), name: 'ports' }])).status).toBe(422);
  expect((await send(made, 'POST', '/v1/nodes/none/reservations', { role: 'dev', amounts: { cpus: 1 } })).status).toBe(404);
  expect((await send(made, 'POST', '/v1/nodes/n1/reservations', { role: 'dev', amounts: {} })).status).toBe(422);
  const offer = { hostname: 'n2', address: '10.0.0.2', cpus: 2, mem: 64, disk: 0, gpus: 0, portRanges: [] };
  const node = { id: 'n2', endpoint: { kind: 'simulated', seed: 2 }, offer };
  expect((await send(made, 'POST', '/v1/nodes', { ...node, reserved: { dev: { cpus: 3 } } })).status).toBe(422);
  expect((await send(made, 'POST', '/v1/nodes', { ...node, reserved: { 'a b': { cpus: 1 } } })).status).toBe(422);
  expect((await send(made, 'POST', '/v1/nodes', { ...node, reserved: { dev: { cpus: 1 } } })).status).toBe(201);
});

test('what is said of roles goes as protocol buffers as well', async () => {
  const made = await quay();
  await made.node('n1');
  const binary = async (message: object) => {
    const body = new Uint8Array(encodeMessage(MESOS_MESSAGES, 'Call', message as never));
    const headers = { 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' };
    const answer = await made.fetch('/mesos/api/v1', { method: 'POST', body, headers });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  expect((await binary({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'dev', weight: 2 }] } })).status).toBe(200);
  const quota = { type: 'SET_QUOTA', set_quota: { quota_request: { role: 'dev', guarantee: [cpus(1)] } } };
  expect((await binary(quota)).status).toBe(200);
  const reserve = { type: 'RESERVE_RESOURCES', reserve_resources: { agent_id: { value: 'n1' }, resources: [dynamic(1)] } };
  expect((await binary(reserve)).status).toBe(202);
  const { bytes } = await binary({ type: 'GET_WEIGHTS' });
  expect(decodeMessage(MESOS_MESSAGES, 'Response', bytes)).toEqual({
    type: 'GET_WEIGHTS',
    get_weights: { weight_infos: [{ role: 'dev', weight: 2 }] },
  });
  expect((await binary({ type: 'GET_QUOTA' })).bytes.includes(Buffer.from('guarantees'))).toBe(false);
  expect((await binary({ type: 'GET_QUOTA' })).bytes.includes(Buffer.from('cpus'))).toBe(true);
});
