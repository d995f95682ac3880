import type { Json } from '../client.ts';
import { uuidIn } from '../names.ts';
import { age, printable, short } from '../render.ts';
import type { Session } from '../session.ts';
import { waitsOf } from '../watch.ts';

/** One pod for people: a line for each container of each instance. */
export const podText = (session: Session, status: Json, waiting: Json | undefined): string => {
  const now = session.io.now();
  const { spec } = status;
  const instances = (status.instances ?? []) as readonly Json[];
  const [last] = (status.terminationHistory ?? []) as readonly Json[];
  const stable = instances.filter((instance) => instance.status === 'STABLE').length;
  const facts = [
    ['Pod', status.id],
    ['Version', `${spec.version} (${age(spec.version, now)} ago)`],
    [
      'Containers',
      (spec.containers as readonly Json[]).map(({ name, image }) => (image === undefined ? name : `${name} (${image.id})`)).join(', '),
    ],
    ['Status', status.status.toLowerCase()],
    ['Stable', `${stable} of ${spec.scaling.instances}`],
    ...(waiting === undefined ? [] : [['Waiting', waitsOf(waiting) ?? `${waiting.count}`]]),
    ...(last === undefined
      ? []
      : [['Last ended', `${short(uuidIn(last.instanceID) ?? '')}: ${last.message} (${age(last.terminatedAt, now)} ago)`]]),
  ];
  const rows = instances.flatMap((instance) =>
    (instance.containers as readonly Json[]).map((container) => [
      short(uuidIn(instance.id) ?? instance.id),
      instance.status.toLowerCase(),
      container.name,
      stateOf(container),
      instance.agentId ?? '-',
      portsOf(container),
      age(container.statusSince, now),
    ]),
  );
  const head = facts.map(([name = '', value = '']) => `${`${name}:`.padEnd(12)}${printable(String(value))}\n`).join('');
  if (rows.length === 0) return head;
  return `${head}\n${session.table(['INSTANCE', 'STATUS', 'CONTAINER', 'STATE', 'NODE', 'PORTS', 'SINCE'], rows)}`;
};

const stateOf = ({ status, conditions }: Json): string => {
  const unhealthy = (conditions as readonly Json[]).some(({ name, value }) => name === 'healthy' && value === 'false');
  return `${status.replace(/^TASK_/, '').toLowerCase()}${unhealthy ? ', unhealthy' : ''}`;
};

const portsOf = ({ endpoints }: Json): string =>
  (endpoints as readonly Json[])
    .flatMap(({ name, allocatedHostPort }) => (allocatedHostPort === undefined ? [] : [`${name}:${allocatedHostPort}`]))
    .join(' ') || '-';
