import { freemem, loadavg, totalmem } from 'node:os';
import type { Engine } from '../../../../domain/ports/engine.ts';
import { seconds } from '../cluster.ts';
import { SCALARS, sumOf } from './resources.ts';
import type { Snapshot } from './snapshot.ts';
import { TASK_STATES } from './taskRows.ts';

/** `/metrics/snapshot`: of Mesos' gauges those that mean something here. What is not counted is left out, not 0. */
export const metricsSnapshot = ({ clock, logTrouble }: Engine, { agents, rows, startedAt }: Snapshot): Readonly<Record<string, number>> => {
  const total = sumOf(agents.map((agent) => agent.total));
  const used = sumOf(agents.map((agent) => agent.used));
  const { counts } = rows;
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  const reachable = agents.filter(({ active }) => active).length;
  return {
    'master/elected': 1,
    'master/uptime_secs': seconds(clock.now() - startedAt),
    ...Object.fromEntries(
      SCALARS.flatMap((kind) => [
        [`master/${kind}_total`, total[kind]],
        [`master/${kind}_used`, used[kind]],
        [`master/${kind}_percent`, total[kind] === 0 ? 0 : used[kind] / total[kind]],
      ]),
    ),
    'master/slaves_active': reachable,
    'master/slaves_connected': reachable,
    'master/slaves_inactive': agents.length - reachable,
    'master/slaves_disconnected': agents.length - reachable,
    'master/slaves_unreachable': agents.filter(({ unreachable }) => unreachable).length,
    'master/frameworks_active': 1,
    'master/frameworks_connected': 1,
    'master/frameworks_inactive': 0,
    'master/frameworks_disconnected': 0,
    ...Object.fromEntries(TASK_STATES.map((state) => [`master/tasks_${state.slice('TASK_'.length).toLowerCase()}`, counts[state] ?? 0])),
    'registrar/log/recovered': logTrouble() === undefined ? 1 : 0,
    'system/load_1min': one,
    'system/load_5min': five,
    'system/load_15min': fifteen,
    'system/mem_total_bytes': totalmem(),
    'system/mem_free_bytes': freemem(),
  };
};
