import type { Engine } from '../../../../domain/ports/engine.ts';
import { hostPort, MESOS_VERSION, seconds } from '../cluster.ts';
import { metricsSnapshot } from './metrics.ts';
import { sumOf } from './resources.ts';
import { rolesJson } from './roles.ts';
import type { Snapshot } from './snapshot.ts';
import { partsOf } from './snapshot.ts';
import { quotaConfigs, quotaInfos, weightInfos } from './tenancyCalls.ts';
import { resources, v1Agent, v1Framework, v1State, v1Tasks } from './v1Json.ts';

/** One call of Mesos' operator API that only reads: what its answer holds beside its type. */
type Read = (snapshot: Snapshot, engine: Engine) => Readonly<Record<string, unknown>>;

export const READS: Readonly<Record<string, Read>> = {
  GET_HEALTH: (_, { logTrouble }) => ({ get_health: { healthy: logTrouble() === undefined } }),
  GET_FLAGS: () => ({ get_flags: { flags: [] } }),
  GET_VERSION: () => ({ get_version: { version_info: { version: MESOS_VERSION } } }),
  GET_METRICS: (snapshot, engine) => ({
    get_metrics: { metrics: Object.entries(metricsSnapshot(engine, snapshot)).map(([name, value]) => ({ name, value })) },
  }),
  GET_STATE: (snapshot) => ({ get_state: v1State(snapshot) }),
  GET_AGENTS: ({ agents }) => ({ get_agents: { agents: agents.map(v1Agent) } }),
  GET_FRAMEWORKS: (snapshot) => ({ get_frameworks: { frameworks: [v1Framework(snapshot)] } }),
  GET_EXECUTORS: () => ({ get_executors: {} }),
  GET_OPERATIONS: () => ({ get_operations: {} }),
  GET_TASKS: (snapshot) => ({ get_tasks: v1Tasks(snapshot) }),
  GET_ROLES: (snapshot, engine) => ({
    get_roles: {
      roles: rolesJson(snapshot, engine).roles.map(({ name, weight, frameworks }) => ({
        name,
        weight,
        frameworks: frameworks.map((value) => ({ value })),
        resources: resources(
          sumOf(
            partsOf(snapshot.tasks)
              .live.filter(({ role }) => role === name)
              .map((task) => task.resources),
          ),
          name,
        ),
      })),
    },
  }),
  GET_WEIGHTS: (_, engine) => ({ get_weights: { weight_infos: weightInfos(engine) } }),
  GET_QUOTA: (_, engine) => ({ get_quota: { status: { infos: quotaInfos(engine), configs: quotaConfigs(engine) } } }),
  GET_MAINTENANCE_STATUS: () => ({ get_maintenance_status: { status: {} } }),
  GET_MAINTENANCE_SCHEDULE: () => ({ get_maintenance_schedule: { schedule: {} } }),
  GET_MASTER: ({ clusterId, leader: { ip, port, hostname }, startedAt }) => ({
    get_master: {
      master_info: {
        id: clusterId,
        // The field is required, and deprecated for `address`: an address as one number, which an IPv6 address is not.
        ip: 0,
        port,
        pid: `master@${hostPort(ip, port)}`,
        hostname,
        version: MESOS_VERSION,
        address: { hostname, ip, port },
      },
      start_time: seconds(startedAt),
      elected_time: seconds(startedAt),
    },
  }),
};

/** Calls that Mesos knows and nobody answers here, so that whoever asks is told which it was. */
export const UNSUPPORTED: ReadonlySet<string> = new Set([
  'GET_LOGGING_LEVEL',
  'SET_LOGGING_LEVEL',
  'LIST_FILES',
  'READ_FILE',
  'CREATE_VOLUMES',
  'DESTROY_VOLUMES',
  'GROW_VOLUME',
  'SHRINK_VOLUME',
  'UPDATE_MAINTENANCE_SCHEDULE',
  'START_MAINTENANCE',
  'STOP_MAINTENANCE',
  'DRAIN_AGENT',
  'TEARDOWN',
]);
