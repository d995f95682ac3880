import type { Labels } from '../../../../domain/app/definition/definition.ts';
import { allOf } from '../../../../domain/kernel/amounts.ts';
import type { Instant } from '../../../../domain/kernel/units.ts';
import { FRAMEWORK_NAME, hostPort, MESOS_VERSION, seconds } from '../cluster.ts';
import { AGENT_PORT, ANY_ROLE, type MesosAgent } from './agents.ts';
import { type Amounts, NOTHING, SCALARS, sumOf } from './resources.ts';
import { partsOf, type Snapshot } from './snapshot.ts';
import { discoveryJson, domainJson, networkInfos } from './stateJson.ts';
import type { MesosTask } from './tasks.ts';

/* The JSON of Mesos' API v1: its protobuf messages, field by field. */

const NANOS_PER_MS = 1_000_000;
const value = (text: string) => ({ value: text });
const timeInfo = (at: Instant) => ({ nanoseconds: at * NANOS_PER_MS });
const labels = (given: Labels) => ({ labels: Object.entries(given).map(([key, text]) => ({ key, value: text })) });

export const resources = (amounts: Amounts, role: string) => {
  const allocation = { allocation_info: { role }, role: ANY_ROLE };
  return list(amounts).map((each) => ({ ...each, ...allocation }));
};

/** All of a node: the rest is reserved for the node's role where that is not everyone's. */
const offered = ({ open, role, reserved }: MesosAgent) => [
  ...list(open).map((each) => ({ ...each, role, ...(role !== ANY_ROLE && { reservations: [{ type: 'STATIC', role }] }) })),
  ...reserved.flatMap(({ role: of, type, amounts }) =>
    list({ ...NOTHING, ...allOf(amounts) }).map((each) => ({ ...each, role: of, reservations: [{ type, role: of }] })),
  ),
];

const list = ({ ports, ...scalars }: Amounts) => [
  ...SCALARS.filter((name) => scalars[name] > 0).map((name) => ({ name, type: 'SCALAR', scalar: { value: scalars[name] } })),
  ...(ports.length === 0 ? [] : [{ name: 'ports', type: 'RANGES', ranges: { range: ports.map(([begin, end]) => ({ begin, end })) } }]),
];

export const v1Task = (task: MesosTask, frameworkId: string) => ({
  name: task.name,
  task_id: value(task.id),
  framework_id: value(frameworkId),
  agent_id: value(task.agent),
  state: task.state,
  resources: resources(task.resources, task.role),
  statuses: task.statuses.map(({ state, at }) => v1Status(task, state, at)),
  ...(task.user !== undefined && { user: task.user }),
  labels: labels(task.labels),
  discovery: discoveryJson(task),
  ...(task.image !== undefined && { container: { type: 'DOCKER', docker: { image: task.image } } }),
});

export const v1Status = (task: MesosTask, state: string, at: Instant) => ({
  task_id: value(task.id),
  agent_id: value(task.agent),
  state,
  timestamp: seconds(at),
  ...(state !== 'TASK_STAGING' && {
    container_status: {
      ...(task.containerId !== undefined && { container_id: value(task.containerId) }),
      network_infos: networkInfos(task),
    },
  }),
  ...(state === 'TASK_RUNNING' && task.healthy !== undefined && { healthy: task.healthy }),
});

export const v1Agent = (agent: MesosAgent) => ({
  agent_info: {
    id: value(agent.id),
    hostname: agent.hostname,
    port: AGENT_PORT,
    attributes: Object.entries(agent.attributes).map(([name, text]) => ({ name, type: 'TEXT', text: value(text) })),
    resources: offered(agent),
    ...domainJson(agent),
  },
  active: agent.active,
  deactivated: agent.deactivated,
  version: MESOS_VERSION,
  pid: agent.pid,
  registered_time: timeInfo(agent.since),
  total_resources: offered(agent),
  allocated_resources: resources(agent.used, ANY_ROLE),
  offered_resources: [],
  capabilities: [],
});

export const v1Framework = ({ frameworkId, leader, startedAt, tasks }: Snapshot) => ({
  framework_info: {
    id: value(frameworkId),
    name: FRAMEWORK_NAME,
    user: 'root',
    hostname: leader.hostname,
    webui_url: `http://${hostPort(leader.hostname, leader.port)}`,
    checkpoint: true,
    roles: [...new Set([ANY_ROLE, ...tasks.map(({ role }) => role)])],
    capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'TASK_KILLING_STATE' }, { type: 'MULTI_ROLE' }],
  },
  active: true,
  connected: true,
  recovered: false,
  registered_time: timeInfo(startedAt),
  allocated_resources: resources(sumOf(partsOf(tasks).live.map((task) => task.resources)), ANY_ROLE),
  offered_resources: resources(NOTHING, ANY_ROLE),
});

export const v1Tasks = ({ tasks, frameworkId }: Snapshot) => {
  const { live, unreachable, completed } = partsOf(tasks);
  const json = (some: readonly MesosTask[]) => some.map((task) => v1Task(task, frameworkId));
  return { tasks: json(live), unreachable_tasks: json(unreachable), completed_tasks: json(completed) };
};

export const v1State = (snapshot: Snapshot) => ({
  get_tasks: v1Tasks(snapshot),
  get_executors: {},
  get_frameworks: { frameworks: [v1Framework(snapshot)] },
  get_agents: { agents: snapshot.agents.map(v1Agent) },
});
