import type { Labels } from '../../../../domain/app/definition/definition.ts';
import { allOf, plus, plusByRole } from '../../../../domain/kernel/amounts.ts';
import type { RoleAmounts } from '../../../../domain/role/role.facts.ts';
import { CLUSTER_NAME, FRAMEWORK_NAME, hostPort, type Leader, MESOS_VERSION, seconds } from '../cluster.ts';
import { AGENT_PORT, ANY_ROLE, type MesosAgent } from './agents.ts';
import { NOTHING, resourcesJson, sumOf } from './resources.ts';
import { byAgent, countsOf, partsOf, type Snapshot } from './snapshot.ts';
import type { MesosTask } from './tasks.ts';

/* The JSON of a master's endpoints, as they were before its API v1. Times are seconds since 1970. */

/** Seconds for which Marathon asks Mesos to keep its tasks while it is away. */
const FAILOVER_SECONDS = 604_800;

const labelsJson = (labels: Labels) => Object.entries(labels).map(([key, value]) => ({ key, value }));

export const networkInfos = ({ addresses, network, portMappings }: MesosTask) => [
  {
    ip_addresses: addresses.map(({ ipAddress, protocol }) => ({ ip_address: ipAddress, protocol })),
    ...(network !== undefined && { name: network }),
    ...(portMappings.length > 0 && {
      port_mappings: portMappings.map((each) => ({
        host_port: each.hostPort,
        container_port: each.containerPort,
        protocol: each.protocol,
      })),
    }),
  },
];

export const discoveryJson = ({ discovery: { name, ports } }: MesosTask) => ({
  visibility: 'FRAMEWORK',
  name,
  ports: {
    ports: ports.map((port) => ({
      number: port.number,
      ...(port.name !== undefined && { name: port.name }),
      protocol: port.protocol,
      ...(Object.keys(port.labels).length > 0 && { labels: { labels: labelsJson(port.labels) } }),
    })),
  },
});

export const taskJson = (task: MesosTask, frameworkId: string) => ({
  id: task.id,
  name: task.name,
  framework_id: frameworkId,
  executor_id: '',
  slave_id: task.agent,
  state: task.state,
  resources: resourcesJson(task.resources),
  role: task.role,
  statuses: task.statuses.map(({ state, at }) => ({
    state,
    timestamp: seconds(at),
    ...(state !== 'TASK_STAGING' && {
      container_status: {
        ...(task.containerId !== undefined && { container_id: { value: task.containerId } }),
        network_infos: networkInfos(task),
      },
    }),
    ...(state === 'TASK_RUNNING' && task.healthy !== undefined && { healthy: task.healthy }),
  })),
  ...(task.user !== undefined && { user: task.user }),
  labels: labelsJson(task.labels),
  discovery: discoveryJson(task),
  ...(task.image !== undefined && { container: { type: 'DOCKER', docker: { image: task.image } } }),
});

export const agentJson = (agent: MesosAgent) => {
  const total = resourcesJson(agent.total);
  const open = resourcesJson(agent.open);
  return {
    id: agent.id,
    hostname: agent.hostname,
    port: AGENT_PORT,
    pid: agent.pid,
    attributes: agent.attributes,
    ...domainJson(agent),
    registered_time: seconds(agent.since),
    resources: total,
    used_resources: resourcesJson(agent.used),
    offered_resources: resourcesJson(NOTHING),
    reserved_resources: reservedJson(agent),
    unreserved_resources: agent.role === ANY_ROLE ? open : resourcesJson(NOTHING),
    active: agent.active,
    deactivated: agent.deactivated,
    version: MESOS_VERSION,
    capabilities: [],
  };
};

/** By role; what is not kept for one by name is of the node's own role, where it has one. */
const reservedJson = ({ reserved, open, role }: MesosAgent) => {
  const byRole = reserved.reduce<Readonly<Record<string, RoleAmounts>>>((sum, each) => plusByRole(sum, { [each.role]: each.amounts }), {});
  const named = Object.fromEntries(
    Object.entries(byRole).map(([name, amounts]) => [name, resourcesJson({ ...NOTHING, ...allOf(amounts) })]),
  );
  return role === ANY_ROLE ? named : { ...named, [role]: resourcesJson({ ...open, ...allOf(plus(open, byRole[role] ?? {})) }) };
};

/** Mesos' fault domain, which has both a region and a zone. */
export const domainJson = ({ region, zone }: Pick<MesosAgent, 'region' | 'zone'>) =>
  region === undefined || zone === undefined ? {} : { domain: { fault_domain: { region: { name: region }, zone: { name: zone } } } };

const usedBy = (tasks: readonly MesosTask[]) => resourcesJson(sumOf(partsOf(tasks).live.map(({ resources }) => resources)));

const framework = ({ frameworkId, leader, startedAt, tasks }: Snapshot) => ({
  id: frameworkId,
  name: FRAMEWORK_NAME,
  pid: `scheduler@${hostPort(leader.ip, leader.port)}`,
  hostname: leader.hostname,
  webui_url: `http://${hostPort(leader.hostname, leader.port)}`,
  active: true,
  connected: true,
  recovered: false,
  user: 'root',
  failover_timeout: FAILOVER_SECONDS,
  checkpoint: true,
  capabilities: ['PARTITION_AWARE', 'TASK_KILLING_STATE'],
  registered_time: seconds(startedAt),
  unregistered_time: 0,
  role: ANY_ROLE,
  // What it has and what is offered to it, which is nothing: there are no offers.
  resources: usedBy(tasks),
  used_resources: usedBy(tasks),
  offered_resources: resourcesJson(NOTHING),
});

export const frameworkJson = (snapshot: Snapshot) => {
  const { frameworkId } = snapshot;
  const { live, unreachable, completed } = partsOf(snapshot.tasks);
  const json = (tasks: readonly MesosTask[]) => tasks.map((task) => taskJson(task, frameworkId));
  return {
    ...framework(snapshot),
    tasks: json(live),
    unreachable_tasks: json(unreachable),
    completed_tasks: json(completed),
    offers: [],
    executors: [],
  };
};

const leaderInfo = ({ ip, port, hostname }: Leader, id: string) => ({ id, pid: `master@${hostPort(ip, port)}`, port, hostname });

/** `/state`. */
export const stateJson = (snapshot: Snapshot) => {
  const { clusterId, leader, startedAt, agents } = snapshot;
  const info = leaderInfo(leader, clusterId);
  return {
    version: MESOS_VERSION,
    id: clusterId,
    pid: info.pid,
    hostname: leader.hostname,
    cluster: CLUSTER_NAME,
    start_time: seconds(startedAt),
    elected_time: seconds(startedAt),
    capabilities: [],
    activated_slaves: agents.filter(({ active }) => active).length,
    deactivated_slaves: agents.filter(({ deactivated }) => deactivated).length,
    unreachable_slaves: agents.filter(({ unreachable }) => unreachable).length,
    leader: info.pid,
    leader_info: info,
    flags: {},
    slaves: agents.map(agentJson),
    recovered_slaves: [],
    frameworks: [frameworkJson(snapshot)],
    completed_frameworks: [],
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
};

/** `/state-summary`: everybody with counts of tasks instead of the tasks. */
export const summaryJson = (snapshot: Snapshot) => {
  const { agents, tasks, frameworkId, leader } = snapshot;
  const there = byAgent(tasks);
  return {
    hostname: leader.hostname,
    cluster: CLUSTER_NAME,
    slaves: agents.map((agent) => {
      const own = there.get(agent.id) ?? [];
      return { ...agentJson(agent), ...countsOf(own), framework_ids: own.some(({ ended }) => !ended) ? [frameworkId] : [] };
    }),
    frameworks: [
      {
        ...framework(snapshot),
        ...countsOf(tasks),
        slave_ids: [...new Set(tasks.filter((each) => !each.ended).map((each) => each.agent))],
      },
    ],
  };
};
