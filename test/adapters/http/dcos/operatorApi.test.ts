import { expect, onTestFinished, test } from 'vitest';
import { MESOS_MESSAGES } from '../../../../src/adapters/http/dcos/mesos/messages.ts';
import { PROTOBUF } from '../../../../src/adapters/http/dcos/mesos/operatorApi.ts';
import { READS, UNSUPPORTED } from '../../../../src/adapters/http/dcos/mesos/operatorCalls.ts';
import { decodeMessage, encodeMessage } from '../../../../src/adapters/http/dcos/mesos/protobuf.ts';
import type { Json } from '../../../support/api.ts';
import { until } from '../../../support/world.ts';
import { type Quay, quay } from './quay.ts';

const web = { id: '/shop/web', cmd: 'serve', cpus: 0.1, mem: 32, portDefinitions: [{ port: 0, protocol: 'tcp' }] };
const ask = async ({ post }: Quay, type: string): Promise<Json> => (await post('/mesos/api/v1', { type })).json();

test.each(Object.keys(READS))('%s answers by its own name', async (type) => {
  const made = await quay();
  await made.node('n1');
  const answer = await ask(made, type);
  expect(Object.keys(answer)).toEqual(['type', type.toLowerCase()]);
  expect(answer.type).toBe(type);
});

test('the same agents, framework and tasks are told as at the older endpoints', async () => {
  const made = await quay();
  await made.node('n1', { attributes: { rack: 'r1' } });
  await made.app(web);
  const { frameworks, slaves, id } = await made.json('/state');
  const [known] = frameworks[0].tasks;
  const { get_state: state } = await ask(made, 'GET_STATE');
  expect(state.get_agents.agents).toMatchObject([
    {
      agent_info: { id: { value: 'n1' }, hostname: 'n1.example', attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }] },
      active: true,
      pid: slaves[0].pid,
    },
  ]);
  expect(state.get_agents.agents[0].total_resources).toContainEqual({
    name: 'ports',
    type: 'RANGES',
    ranges: { range: [{ begin: 31_000, end: 31_999 }] },
    role: '*',
  });
  expect(state.get_frameworks.frameworks).toMatchObject([{ framework_info: { id: { value: `${id}-0000` }, name: 'marathon' } }]);
  expect(state.get_tasks.tasks).toMatchObject([
    {
      task_id: { value: known.id },
      name: 'web.shop',
      agent_id: { value: 'n1' },
      state: 'TASK_RUNNING',
      discovery: known.discovery,
    },
  ]);
  expect((await ask(made, 'GET_TASKS')).get_tasks).toEqual(state.get_tasks);
  expect((await ask(made, 'GET_MASTER')).get_master.master_info).toMatchObject({ id, hostname: '127.0.0.1' });
});

test('a call that is not supported is refused by name, and what is no call at all as such', async () => {
  const { post } = await quay();
  for (const type of UNSUPPORTED) {
    const answer = await post('/mesos/api/v1', { type });
    expect([answer.status, ((await answer.json()) as Json).message]).toEqual([501, `The call ${type} is not supported.`]);
  }
  expect((await post('/mesos/api/v1', { type: 'FLY' })).status).toBe(400);
  expect((await post('/mesos/api/v1', {})).status).toBe(422);
});

test('a node is taken out of use, back, and away by the calls about its agent', async () => {
  const made = await quay();
  await made.node('n1');
  const about = (call: string, id = 'n1') =>
    made.post('/mesos/api/v1', { type: call, [call.toLowerCase()]: { agent_id: { value: id } } }).then(({ status }) => status);
  const state = () => made.world.engine.views.nodes.get('n1')?.state;
  expect(await about('DEACTIVATE_AGENT')).toBe(200);
  expect(state()).toBe('attached.answering.cordoned');
  expect((await ask(made, 'GET_AGENTS')).get_agents.agents).toMatchObject([{ active: true, deactivated: true }]);
  expect(await about('REACTIVATE_AGENT')).toBe(200);
  expect(state()).toBe('attached.answering.ready');
  expect(await about('MARK_AGENT_GONE', 'none')).toBe(404);
  expect((await made.post('/mesos/api/v1', { type: 'MARK_AGENT_GONE' })).status).toBe(422);
  expect(await about('MARK_AGENT_GONE')).toBe(200);
  expect(state()).toBeUndefined();
});

/** As a client that speaks protocol buffers. */
const binary = async ({ fetch }: Quay, bytes: Buffer): Promise<{ readonly status: number; readonly bytes: Buffer }> => {
  const headers = { 'content-type': PROTOBUF, accept: PROTOBUF };
  const answer = await fetch('/mesos/api/v1', { method: 'POST', body: new Uint8Array(bytes), headers });
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
};

/** What a protocol buffer cannot tell from nothing. */
const withoutEmptyLists = (json: Json): Json =>
  Array.isArray(json)
    ? json.map(withoutEmptyLists)
    : typeof json === 'object' && json !== null
      ? Object.fromEntries(
          Object.entries(json)
            .filter(([, value]) => !Array.isArray(value) || value.length > 0)
            .map(([key, value]) => [key, withoutEmptyLists(value)]),
        )
      : json;

test('health is these bytes as a protocol buffer', async () => {
  const made = await quay();
  expect((await binary(made, Buffer.from('0801', 'hex'))).bytes.toString('hex')).toBe('080112020801');
});

test.each(Object.keys(READS).filter((type) => type !== 'GET_METRICS'))('%s says the same as a protocol buffer', async (type) => {
  const made = await quay();
  await made.node('n1', { attributes: { rack: 'r1' }, region: 'eu', zone: 'a', roles: ['slave_public'] });
  await made.node('n2');
  await made.app({ ...web, user: 'sailor', labels: { TEAM: 'sea' } });
  const { status, bytes } = await binary(made, encodeMessage(MESOS_MESSAGES, 'Call', { type }));
  expect(status).toBe(200);
  expect(decodeMessage(MESOS_MESSAGES, 'Response', bytes)).toEqual(withoutEmptyLists(await ask(made, type)));
});

test.each(['08', 'ff', '0a05', '0d01', 'ffffffffffffffffffffff01', '0b'])('the bytes %s are no call', async (hex) => {
  const made = await quay();
  expect((await binary(made, Buffer.from(hex, 'hex'))).status).toBe(400);
});

/** The records of a subscription, as they come. */
const subscribe = async ({ fetch }: Quay, accept: string) => {
  const over = new AbortController();
  const answer = await fetch('/mesos/api/v1', {
    method: 'POST',
    body: JSON.stringify({ type: 'SUBSCRIBE' }),
    headers: { 'content-type': 'application/json', accept },
    signal: over.signal,
  });
  const records: Json[] = [];
  let bytes = Buffer.alloc(0);
  const reading = (async () => {
    for await (const chunk of answer.body ?? []) {
      bytes = Buffer.concat([bytes, chunk]);
      for (;;) {
        const at = bytes.indexOf('\n');
        const length = Number(bytes.subarray(0, at));
        if (at < 0 || bytes.length < at + 1 + length) break;
        const record = bytes.subarray(at + 1, at + 1 + length);
        records.push(accept === PROTOBUF ? decodeMessage(MESOS_MESSAGES, 'Event', record) : JSON.parse(record.toString()));
        bytes = bytes.subarray(at + 1 + length);
      }
    }
  })().catch(() => undefined);
  onTestFinished(() => {
    over.abort();
    return reading;
  });
  const of = (type: string) => records.filter((record) => record.type === type);
  return { records, of, heard: (holds: () => boolean) => expect.poll(holds, { timeout: 20_000 }).toBe(true) };
};

test.each(['application/json', PROTOBUF])(
  'a subscriber in %s is told the whole state, then every agent and task that comes, changes or goes',
  async (accept) => {
    const made = await quay();
    await made.node('n1');
    const { records, of, heard } = await subscribe(made, accept);
    await heard(() => records.length === 2);
    expect(records.map(({ type }) => type)).toEqual(['SUBSCRIBED', 'HEARTBEAT']);
    expect(records[0].subscribed.get_state.get_agents.agents).toHaveLength(1);
    await made.node('n2');
    await made.app({ ...web, labels: { WHARF_DRAIN_SECONDS: '0' } });
    await heard(() => of('TASK_UPDATED').length > 0 || of('TASK_ADDED')[0]?.task_added.task.state === 'TASK_RUNNING');
    expect(of('AGENT_ADDED').map(({ agent_added }) => agent_added.agent.agent_info.id.value)).toEqual(['n2']);
    const [{ id, slaveId }] = (await made.json('/v2/tasks')).tasks;
    expect(of('TASK_ADDED').map(({ task_added }) => task_added.task.task_id.value)).toEqual([id]);
    await made.post('/v2/tasks/delete?scale=true', { ids: [id] });
    const { world } = made;
    await until(world, () => world.engine.views.instances.endedOf('/shop/web').length === 1, 'it has ended');
    await heard(() => of('TASK_UPDATED').at(-1)?.task_updated.state === 'TASK_KILLED');
    expect(of('TASK_UPDATED').at(-1).task_updated.status).toMatchObject({ task_id: { value: id }, agent_id: { value: slaveId } });
    await made.fetch('/v1/nodes/n2', { method: 'DELETE' });
    await heard(() => of('AGENT_REMOVED').length === 1);
    expect(of('AGENT_REMOVED')[0].agent_removed).toEqual({ agent_id: { value: 'n2' } });
  },
);
