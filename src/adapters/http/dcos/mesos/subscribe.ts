import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { keyOf, nounOf } from '../../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../../domain/kernel/ports.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import { createFeed } from '../../feed.ts';
import { settled } from '../../reading.ts';
import { connectionOf } from '../../sse.ts';
import type { Surroundings } from '../../surroundings.ts';
import type { Leader } from '../cluster.ts';
import { mesosAgentOf } from './agents.ts';
import { MESOS_MESSAGES } from './messages.ts';
import { encodeMessage } from './protobuf.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import { mesosTasksOf } from './tasks.ts';
import { v1Agent, v1State, v1Status, v1Task } from './v1Json.ts';

/** Time between heartbeats, ms; Mesos' own. */
export const SUBSCRIBE_HEARTBEAT_MS = 15_000;

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

/** How events become bytes, and what those are called. */
export type Records = { readonly type: string; readonly of: (event: Event) => Buffer };

/** Mesos' RecordIO: the length of a record in bytes, a line end, the record. */
export const recordsIn = (form: 'json' | 'protobuf'): Records => ({
  type: form === 'json' ? 'application/json' : 'application/x-protobuf',
  of: (event) => {
    const record = form === 'json' ? Buffer.from(JSON.stringify(event)) : encodeMessage(MESOS_MESSAGES, 'Event', event);
    return Buffer.concat([Buffer.from(`${record.length}\n`), record]);
  },
});

/** Answers SUBSCRIBE: the whole state first, then what becomes of agents and tasks, for as long as the client listens. */
export const subscribe = (surroundings: Surroundings, leader: Leader, reply: FastifyReply, records: Records): FastifyReply => {
  reply.header('content-type', records.type);
  reply.header('cache-control', 'no-cache');
  reply.header('connection', 'close');
  const stream = Readable.from(events(surroundings, leader, reply, records), { objectMode: false });
  stream.on('error', (error) => reply.log.warn({ err: error.message }, 'subscription ended'));
  return reply.send(stream);
};

async function* events(
  { engine, closing }: Surroundings,
  leader: Leader,
  reply: FastifyReply,
  records: Records,
): AsyncGenerator<Buffer, void> {
  const { log, clock, views } = engine;
  const first = await snapshotOf(engine, leader);
  const after = views.position();
  const told = toldOf(first);
  yield records.of({
    type: 'SUBSCRIBED',
    subscribed: { get_state: v1State(first), heartbeat_interval_seconds: SUBSCRIBE_HEARTBEAT_MS / 1000 },
  });
  yield records.of({ type: 'HEARTBEAT' });
  const feed = createFeed<never>({ log, clock, after, heartbeatMs: SUBSCRIBE_HEARTBEAT_MS, ...connectionOf(reply, closing) });
  for await (const item of feed.items) {
    if (item.kind === 'heartbeat') yield records.of({ type: 'HEARTBEAT' });
    if (item.kind !== 'facts') continue;
    await settled(engine, item.facts.at(-1)?.position ?? 0);
    for (const event of eventsOf(engine, item.facts, told, first.frameworkId)) yield records.of(event);
  }
}

/** What the listener was told last: the agents, and the state of each task. */
type Told = { readonly agents: Map<string, boolean>; readonly tasks: Map<string, string> };

const toldOf = ({ agents, tasks }: Snapshot): Told => ({
  agents: new Map(agents.map(({ id, active }) => [id, active])),
  tasks: new Map(tasks.filter(({ ended }) => !ended).map((task) => [task.id, stateOf(task)])),
});

const stateOf = ({ state, healthy }: { readonly state: string; readonly healthy?: boolean }): string => `${state} ${healthy ?? ''}`;

/** The differences between what was told and what is there now, for those whom these facts are about. */
export const eventsOf = (engine: Engine, facts: readonly StoredFact[], told: Told, frameworkId: string): readonly Event[] => {
  const subjects = (noun: string) => [...new Set(facts.filter(({ stream }) => nounOf(stream) === noun).map(({ stream }) => keyOf(stream)))];
  return [
    ...subjects('node').flatMap((id) => agentEvents(engine, id, told)),
    ...subjects('instance').flatMap((id) => taskEvents(engine, id, told, frameworkId)),
  ];
};

const agentEvents = (engine: Engine, id: string, { agents }: Told): readonly Event[] => {
  const row = engine.views.nodes.get(id);
  const before = agents.get(id);
  if (row === undefined) {
    agents.delete(id);
    return before === undefined ? [] : [{ type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: id } } }];
  }
  const agent = mesosAgentOf(engine, row);
  if (before === agent.active) return [];
  agents.set(id, agent.active);
  if (!agent.active) return before === undefined ? [] : [{ type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: id } } }];
  return [{ type: 'AGENT_ADDED', agent_added: { agent: v1Agent(agent) } }];
};

const taskEvents = (engine: Engine, id: string, { tasks }: Told, frameworkId: string): readonly Event[] => {
  const row = engine.views.instances.get(id);
  if (row === undefined) return [];
  return mesosTasksOf(engine, row).flatMap((task): readonly Event[] => {
    const before = tasks.get(task.id);
    const now = stateOf(task);
    if (before === now || (before === undefined && task.ended)) return [];
    if (task.ended) tasks.delete(task.id);
    else tasks.set(task.id, now);
    const updated: Event = {
      type: 'TASK_UPDATED',
      task_updated: {
        framework_id: { value: frameworkId },
        state: task.state,
        status: v1Status(task, task.state, task.statuses.at(-1)?.at ?? row.requestedAt),
      },
    };
    return before === undefined ? [{ type: 'TASK_ADDED', task_added: { task: v1Task(task, frameworkId) } }] : [updated];
  });
};
