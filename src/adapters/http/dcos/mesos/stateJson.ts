import type { Labels } from '../../../../domain/app/definition/definition.ts';
import { allOf, plus, plusByRole } from '../../../../domain/kernel/amounts.ts';
import type { InstanceRow, NodeRow } from '../../../../domain/ports/views.ts';
import type { RoleAmounts } from '../../../../domain/role/role.facts.ts';
import { LongList } from '../../longList.ts';
import { CLUSTER_NAME, FRAMEWORK_NAME, hostPort, type Leader, MESOS_VERSION, seconds } from '../cluster.ts';
import { AGENT_PORT, ANY_ROLE, type MesosAgent, standingOf } from './agents.ts';
import { NOTHING, resourcesJson } from './resources.ts';
import type { Snapshot } from './snapshot.ts';
import { NO_COUNTS } from './taskRows.ts';
import type { MesosTask } from './tasks.ts';

/* The JSON of a master's endpoints, as they were before its API v1. Times are seconds since 1970. */

/** Seconds for which Marathon asks Mesos to keep its tasks while it is away. */
const FAILOVER_SECONDS = 604_800;

/** An agent is told by looking at all that it holds: as many elements of a list take as long, about. */
const AGENT_SIZE = 10;

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

export const taskJson = (task: MesosTask, frameworkId: string) => {
  const network_infos = networkInfos(task);
  return {
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
          network_infos,
        },
      }),
      ...(state === 'TASK_RUNNING' && task.healthy !== undefined && { healthy: task.healthy }),
    })),
    ...(task.user !== undefined && { user: task.user }),
    labels: labelsJson(task.labels),
    discovery: discoveryJson(task),
    ...(task.image !== undefined && { container: { type: 'DOCKER', docker: { image: task.image } } }),
  };
};

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

const framework = ({ frameworkId, leader, startedAt, rows }: Snapshot) => ({
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
  resources: resourcesJson(rows.used),
  used_resources: resourcesJson(rows.used),
  offered_resources: resourcesJson(NOTHING),
});

export const frameworkJson = (snapshot: Snapshot) => {
  const { live, unreachable, completed } = snapshot.rows;
  return {
    ...framework(snapshot),
    tasks: tasksJson(snapshot, live),
    unreachable_tasks: tasksJson(snapshot, unreachable),
    completed_tasks: tasksJson(snapshot, completed),
    offers: [],
    executors: [],
  };
};

const tasksJson = ({ frameworkId, tasksOf }: Snapshot, rows: readonly InstanceRow[]) =>
  new LongList(rows, (row) => tasksOf(row).map((task) => taskJson(task, frameworkId)));

/** The one framework there is, with all its tasks. */
export const frameworksJson = (snapshot: Snapshot) => {
  const { live, unreachable, completed } = snapshot.rows;
  return new LongList([snapshot], (each) => [frameworkJson(each)], {
    nested: true,
    size: live.length + unreachable.length + completed.length,
  });
};

export const agentsJson = ({ nodes, agentOf }: Snapshot, isAsked: (node: NodeRow) => boolean = () => true) => {
  const asked = nodes.filter(isAsked);
  return new LongList(asked, (row) => [agentJson(agentOf(row))], { size: asked.length * AGENT_SIZE });
};

const leaderInfo = ({ ip, port, hostname }: Leader, id: string) => ({ id, pid: `master@${hostPort(ip, port)}`, port, hostname });

/** `/state`. */
export const stateJson = (snapshot: Snapshot) => {
  const { clusterId, leader, startedAt, nodes } = snapshot;
  const standings = nodes.map(standingOf);
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
    activated_slaves: standings.filter(({ active }) => active).length,
    deactivated_slaves: standings.filter(({ deactivated }) => deactivated).length,
    unreachable_slaves: standings.filter(({ unreachable }) => unreachable).length,
    leader: info.pid,
    leader_info: info,
    flags: {},
    slaves: agentsJson(snapshot),
    recovered_slaves: [],
    frameworks: frameworksJson(snapshot),
    completed_frameworks: [],
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
};

/** `/state-summary`: everybody with counts of tasks instead of the tasks. */
export const summaryJson = (snapshot: Snapshot) => {
  const { nodes, agentOf, rows, frameworkId, leader } = snapshot;
  return {
    hostname: leader.hostname,
    cluster: CLUSTER_NAME,
    slaves: new LongList(
      nodes,
      (node) => [
        {
          ...agentJson(agentOf(node)),
          ...(rows.countsOfAgent.get(node.id) ?? NO_COUNTS),
          framework_ids: rows.holders.has(node.id) ? [frameworkId] : [],
        },
      ],
      { size: nodes.length * AGENT_SIZE },
    ),
    frameworks: [{ ...framework(snapshot), ...rows.counts, slave_ids: [...rows.holders] }],
  };
};
