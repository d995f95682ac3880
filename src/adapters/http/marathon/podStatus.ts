import { instanceIdOf } from '../../../domain/app/definition/taskIds.ts';
import { isPod, type PodApp, type PodResources } from '../../../domain/app/pod/pod.ts';
import { phaseOf } from '../../../domain/instance/instance.states.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { type ContainerStatus, containerStatuses } from './containerStatus.ts';
import { type PodRow, podJson } from './podJson.ts';
import { hostOf } from './taskJson.ts';
import { marathonState } from './taskStates.ts';
import { terminationHistory } from './terminations.ts';

type Json = Readonly<Record<string, unknown>>;

/** What Marathon calls the state of one instance of a pod. */
type InstanceStatus = 'PENDING' | 'STAGING' | 'STABLE' | 'DEGRADED' | 'TERMINAL';

/** Marathon's `PodStatus`: recorded state, but for the health of containers, which is that of the last probe. */
export const podStatus = (engine: Engine, row: PodRow): Json => {
  const { id, definition } = row;
  const now = engine.clock.now();
  // As in Marathon, what has never had a place is in the queue and not here.
  const placed = engine.views.instances.ofApp(id).filter(({ state }) => marathonState(state).condition !== 'Scheduled');
  const instances = placed.flatMap((each) => instanceStatus(engine, each) ?? []);
  const stable = instances.filter(({ status }) => status === 'STABLE').length;
  const isLeaving = row.deployment !== undefined && engine.views.deployments.get(row.deployment)?.strategy === REMOVAL;
  const since = isoInstant(placed.length === 0 ? row.lastScalingAt : Math.max(...placed.map((each) => each.since)));
  return {
    id,
    spec: podJson(row),
    status: isLeaving ? 'TERMINAL' : stable >= definition.instances ? 'STABLE' : 'DEGRADED',
    statusSince: since,
    instances,
    terminationHistory: terminationHistory(engine, id),
    lastUpdated: isoInstant(now),
    lastChanged: since,
  };
};

const REMOVAL = 'removal.v1';

const instanceStatus = (engine: Engine, row: InstanceRow): (Json & { readonly status: InstanceStatus }) | undefined => {
  const definition = engine.views.apps.definition(row.app, row.version);
  if (!isPod(definition)) return undefined;
  const node = row.node === undefined ? undefined : engine.views.nodes.get(row.node);
  const containers = containerStatuses(engine, row, definition);
  const since = isoInstant(row.since);
  return {
    id: instanceIdOf(row.app, row.id),
    ...statusOf(row, containers),
    statusSince: since,
    conditions: [],
    ...(node !== undefined && { agentHostname: node.offer.hostname }),
    ...(row.node !== undefined && { agentId: row.node }),
    ...(node?.region !== undefined && { agentRegion: node.region }),
    ...(node?.zone !== undefined && { agentZone: node.zone }),
    resources: resourcesOf(definition),
    networks: networksOf(engine, row, definition),
    containers,
    specReference: `/v2/pods${row.app}::versions/${row.version}`,
    localVolumes: [],
    role: definition.role,
    lastUpdated: since,
    lastChanged: since,
  };
};

const statusOf = (
  { state }: InstanceRow,
  containers: readonly ContainerStatus[],
): { readonly status: InstanceStatus; readonly message?: string } => {
  switch (phaseOf(state)) {
    case 'coming':
      return { status: state === 'starting' ? 'STAGING' : 'PENDING' };
    case 'ready':
    case 'up':
      return containers.some(({ conditions }) => conditions.some(({ name, value }) => name === 'healthy' && value === 'false'))
        ? { status: 'DEGRADED', message: 'at least one container is not healthy' }
        : { status: 'STABLE' };
    case 'unseen':
    case 'forsaken':
      return { status: 'DEGRADED', message: 'pod instance has become unreachable' };
    default:
      return { status: 'TERMINAL' };
  }
};

const resourcesOf = ({ cpus, mem, disk, gpus }: PodApp): PodResources => ({ cpus, mem, disk, gpus });

const networksOf = (engine: Engine, row: InstanceRow, { networks }: PodApp): readonly Json[] => {
  const own = row.ipAddresses.length === 0 ? [hostOf(engine, row)] : row.ipAddresses;
  const addresses = own.filter((address) => address !== '');
  return networks.map(({ name }) => ({ ...(name !== undefined && { name }), addresses }));
};
