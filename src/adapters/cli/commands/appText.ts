import type { Json } from '../client.ts';
import { uuidIn } from '../names.ts';
import { age, plural, printable, short } from '../render.ts';
import type { Session } from '../session.ts';
import { waitsOf } from '../watch.ts';

type Around = { readonly versions: readonly string[]; readonly waiting: Json | undefined; readonly endpoints: readonly Json[] };

/** One app for people. */
export const appText = (session: Session, app: Json, { versions, waiting, endpoints }: Around): string => {
  const now = session.io.now();
  const ready = new Set(endpoints.map(({ instance }) => instance));
  const tasks = (app.tasks ?? []) as readonly Json[];
  const sick = tasks.map(causeOf).find((cause) => cause !== undefined);
  const facts = [
    ['App', app.id],
    ['Version', `${app.version} (${age(app.version, now)} ago; ${versions.length} in all)`],
    ['Runs', app.cmd ?? app.args?.join(' ') ?? app.container?.docker?.image ?? ''],
    ['Needs', `${app.cpus} cpus, ${app.mem} MiB of memory, ${app.disk} MiB of disk each`],
    ['Ready', `${endpoints.length} of ${app.instances}`],
    ...(app.autoscaling === undefined ? [] : [['Autoscaling', policyOf(app.autoscaling)]]),
    ...(app.placement === undefined ? [] : [['Placement', placementOf(app.placement)]]),
    ...(app.deployments?.length > 0 ? [['Deploying', app.deployments.map(({ id }: Json) => id).join(', ')]] : []),
    ...(waiting === undefined ? [] : [['Waiting', waitsOf(waiting) ?? `${waiting.count}`]]),
    ...(sick === undefined ? [] : [['Unhealthy', sick]]),
    ...(app.lastTaskFailure === undefined
      ? []
      : [['Last failure', `${app.lastTaskFailure.message} (${age(app.lastTaskFailure.timestamp, now)} ago)`]]),
  ];
  const rows = tasks.map((task) => {
    const uuid = uuidIn(task.id) ?? task.id;
    const address = task.ports.length > 0 ? `${task.host}:${task.ports.join(',')}` : task.host;
    return [
      short(uuid),
      ready.has(uuid) ? 'ready' : causeOf(task) === undefined ? stateOf(task.state) : 'unhealthy',
      task.slaveId ?? '-',
      address,
      age(task.startedAt, now),
      task.version,
    ];
  });
  const head = facts.map(([name = '', value = '']) => `${`${name}:`.padEnd(14)}${printable(String(value))}\n`).join('');
  return rows.length === 0 ? head : `${head}\n${session.table(['INSTANCE', 'STATE', 'NODE', 'ADDRESS', 'UP', 'VERSION'], rows)}`;
};

/** What the last probe of a check that fails ran into. */
const causeOf = ({ healthCheckResults = [] }: Json): string | undefined =>
  (healthCheckResults as readonly Json[]).find(({ alive, lastFailureCause }) => !alive && lastFailureCause !== undefined)?.lastFailureCause;

const stateOf = (state: string): string => state.replace(/^TASK_/, '').toLowerCase();

const policyOf = ({ min, max, desired, targets, schedule }: Json): string =>
  [
    `${min} to ${max}`,
    ...(desired === undefined ? [] : [`usually ${desired}`]),
    ...targets.map(({ metric, target, statistic }: Json) => `${metric} ${target}${statistic === undefined ? '' : ` (${statistic})`}`),
    ...(schedule.length === 0 ? [] : [plural(schedule.length, 'window')]),
  ].join(', ');

const placementOf = ({ policy, affinity, antiAffinity, prefer, gang }: Json): string => {
  const weighed = (text: string, weight: number | undefined): string =>
    weight === undefined ? text : `${text} (wish of weight ${weight})`;
  return [
    ...(policy === undefined ? [] : [policy]),
    ...(affinity as readonly Json[]).map(({ app, field, weight }) => weighed(`beside ${app} by ${field}`, weight)),
    ...(antiAffinity as readonly Json[]).map(({ app, field, weight }) => weighed(`apart from ${app} by ${field}`, weight)),
    ...(prefer as readonly Json[]).map(({ constraint, weight }) => weighed(constraint.join(' '), weight)),
    ...(gang === true ? ['all or none'] : []),
  ].join('; ');
};
