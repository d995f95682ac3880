import { instanceIdOf, parseInstanceId, parseTaskId } from '../../../domain/app/definition/taskIds.ts';
import { containerTasks } from '../../../domain/app/pod/containerTasks.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { healthJson, healthOfContainer, healthResults } from './health.ts';
import { containerState } from './podTasks.ts';
import { ipAddressesOf, ofApp, ofNode } from './shared.ts';
import { marathonState } from './taskStates.ts';

export type TaskJson = Readonly<Record<string, unknown>> & { readonly id: string; readonly host: string; readonly state: string };

/** What a client means by the id of a task or of an instance, in any form that Marathon ever wrote; undefined for what is none. */
export const instanceIn = (id: string): string | undefined => (parseTaskId(id) ?? parseInstanceId(id))?.uuid;

/** Instances of an app that have a task: placed, neither ended nor forgotten. */
export const taskRows = ({ views }: Engine, app: string): readonly InstanceRow[] =>
  views.instances.ofApp(app).filter(({ state }) => state !== 'expunged' && marathonState(state).task !== undefined);

/** Where an instance's ports are reached; '' while its node is not in the pool. */
export const hostOf = ({ views }: Engine, { node }: Pick<InstanceRow, 'node'>): string =>
  node === undefined ? '' : (views.nodes.get(node)?.offer.address ?? '');

/** The tasks of an instance: one, or of a pod one for each container. */
export const tasksJson = (engine: Engine, row: InstanceRow): readonly TaskJson[] => {
  const { definition } = ofApp(engine, row);
  const task = taskJson(engine, row);
  if (!isPod(definition)) return [task];
  const { healthCheckResults: _, checkResult, ...common } = task;
  return containerTasks(definition, row).map(({ name, taskId, ports, servicePorts }) => {
    const health = healthOfContainer(engine, row, definition, name);
    return {
      ...common,
      id: taskId,
      ports,
      servicePorts,
      state: containerState(row, name) ?? task.state,
      ...(health !== undefined && { healthCheckResults: [healthJson(instanceIdOf(row.app, row.id), health)] }),
      ...(checkResult !== undefined && definition.check?.container === name && { checkResult }),
    };
  });
};

/** One task, as Marathon's API answers it. */
export const taskJson = (engine: Engine, row: InstanceRow): TaskJson => {
  const app = ofApp(engine, row);
  const { definition } = app;
  const node = ofNode(engine, row);
  const [before, behind] = app.taskId;
  const instanceId = before + row.id;
  const checkResult = engine.checkOf(row.id);
  const json: Record<string, unknown> & { id: string; host: string; state: string } = {
    id: instanceId + behind,
    appId: row.app,
    host: node.host,
    ports: row.hostPorts,
    servicePorts: app.servicePorts,
    ipAddresses: row.ipAddresses.length === 0 ? node.addresses : ipAddressesOf(row.ipAddresses),
    // One that nothing is known of is left out of the text.
    slaveId: row.node,
    state: marathonState(row.state, row.exit).task ?? 'TASK_STAGING',
    stagedAt: row.placedAt === undefined ? undefined : isoInstant(row.placedAt),
    startedAt: row.startedAt === undefined ? undefined : isoInstant(row.startedAt),
    version: row.version,
    localVolumes: [],
  };
  if (definition !== undefined && definition.healthChecks.length > 0) {
    const health = healthResults(engine, row);
    if (health.length > 0) json.healthCheckResults = health.map((result) => healthJson(instanceId, result));
  }
  if (checkResult !== undefined) json.checkResult = checkResult;
  if (node.region !== undefined) json.region = node.region;
  if (node.zone !== undefined) json.zone = node.zone;
  if (definition !== undefined) json.role = definition.role;
  return json;
};
