import { isHookApp } from '../../../domain/deployment/hookApp.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { marathonState } from '../marathon/taskStates.ts';
import type { Counts } from './counts.ts';

/** Marathon's `--task_launch_timeout`: a task that has not started so long after its placement is overdue, ms. */
export const LAUNCH_OVERDUE_MS = 300_000;

export type CoreMetric = {
  /** As Marathon 1.11 calls it. */
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  value(): number;
};

/** Groups that were made, and those in which something stands. */
const groupsOf = (named: Iterable<string>, members: Iterable<string>): number => {
  const groups = new Set(['/', ...named]);
  for (const id of members) for (let end = id.lastIndexOf('/'); end > 0; end = id.lastIndexOf('/', end - 1)) groups.add(id.slice(0, end));
  return groups.size;
};

/** The metrics that tools for Marathon alert on, by its names: gauges are read from the views when asked. */
export const coreMetrics = ({ views, clock, startedAt, term }: Engine, counts: Counts): readonly CoreMetric[] => {
  const apps = (isPod: boolean): number =>
    [...views.apps.all()].filter(({ definition }) => (definition.pod !== undefined) === isPod).length;
  const tasks = (...states: readonly string[]): number =>
    [...views.instances.all()].filter(({ app, state }) => states.includes(marathonState(state).task ?? '') && !isHookApp(app)).length;
  const overdue = (): number =>
    [...views.instances.all()].filter(({ state, placedAt = 0 }) => state === 'starting' && clock.now() - placedAt > LAUNCH_OVERDUE_MS)
      .length;
  const groups = (): number => {
    const members = [...views.apps.all()].map(({ id }) => id);
    return groupsOf(
      [...views.groups.all()].map(({ id }) => id),
      members,
    );
  };
  const deployments = (): number =>
    views.plans.running().length + views.deployments.running().filter(({ partOf }) => partOf === undefined).length;
  const uptime = (): number => (clock.now() - startedAt) / 1000;
  const gauge = (name: string, help: string, value: () => number): CoreMetric => ({ name: `marathon.${name}`, kind: 'gauge', help, value });
  const counter = (name: string, help: string, value: () => number): CoreMetric => ({
    name: `marathon.${name}`,
    kind: 'counter',
    help,
    value,
  });
  return [
    gauge('apps.active.gauge', 'Apps.', () => apps(false)),
    gauge('pods.active.gauge', 'Pods.', () => apps(true)),
    gauge('groups.active.gauge', 'Groups, the root included.', groups),
    gauge('deployments.active.gauge', 'Deployments that have not ended; one of a group is one.', deployments),
    gauge('instances.running.gauge', 'Instances that run.', () => tasks('TASK_RUNNING')),
    gauge('instances.staged.gauge', 'Instances that are placed and do not run yet.', () => tasks('TASK_STAGING')),
    gauge('instances.launch-overdue.gauge', 'Instances that should have started by now.', overdue),
    gauge('instances.inflight-kills.gauge', 'Instances that were asked to stop and still run.', () => tasks('TASK_KILLING')),
    gauge('leadership.duration.gauge.seconds', 'Seconds since this engine leads.', () => (term === 0 ? 0 : uptime())),
    gauge('uptime.gauge.seconds', 'Seconds since this engine started.', uptime),
    counter('deployments.counter', 'Deployments that began.', () => counts.deployments),
    counter('tasks.launched.counter', 'Containers that started.', () => counts.launched),
    counter('mesos.offers.incoming.counter', 'Placements that were looked for.', () => counts.placed + counts.deferred),
    counter('mesos.offers.used.counter', 'Placements that were found.', () => counts.placed),
    counter('mesos.offers.declined.counter', 'Placements for which no node was found.', () => counts.deferred),
    ...[...counts.taskUpdates.keys()].map((state) =>
      counter(`mesos.task-updates.${state.toLowerCase()}.counter`, `Tasks that became ${state}.`, () => counts.taskUpdates.get(state) ?? 0),
    ),
  ];
};
