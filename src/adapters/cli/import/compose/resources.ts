import type { Json } from '../../client.ts';
import type { Remarks } from './remarks.ts';
import { mebibytesIn, numberIn, textIn } from './values.ts';

/** What a service asks for whose file says nothing: Compose reserves nothing, and a node is shared by what is asked. */
const ASKED = { cpus: 0.1, mem: 128 } as const;

export const resourcesOf = (service: Json, at: string, found: Remarks): Json => {
  const { limits = {}, reservations = {}, ...unknown } = service.deploy?.resources ?? {};
  for (const key of Object.keys(unknown)) found.leave(`${at}.deploy.resources.${key}`, 'it is not known here');
  const read = <A>(value: unknown, path: string, reader: (value: unknown) => A | undefined): A | undefined => {
    const result = value === undefined ? undefined : reader(value);
    if (value !== undefined && result === undefined) found.refuse(`${at}.${path}`, `'${textIn(value)}' is no amount`);
    return result;
  };
  for (const [side, rest] of [
    ['limits', without(limits, 'cpus', 'memory', 'pids')],
    ['reservations', without(reservations, 'cpus', 'memory')],
  ] as const)
    for (const key of rest)
      found.leave(
        `${at}.deploy.resources.${side}.${key}`,
        key === 'devices' ? 'devices are not asked for here; a container gets no GPU' : 'it is not carried',
      );
  const cpuLimit = read(limits.cpus, 'deploy.resources.limits.cpus', numberIn) ?? read(service.cpus, 'cpus', numberIn);
  const memLimit = read(limits.memory, 'deploy.resources.limits.memory', mebibytesIn) ?? read(service.mem_limit, 'mem_limit', mebibytesIn);
  const cpus = read(reservations.cpus, 'deploy.resources.reservations.cpus', numberIn) ?? Math.min(ASKED.cpus, cpuLimit ?? ASKED.cpus);
  const mem =
    read(reservations.memory, 'deploy.resources.reservations.memory', mebibytesIn) ??
    read(service.mem_reservation, 'mem_reservation', mebibytesIn) ??
    Math.min(ASKED.mem, memLimit ?? ASKED.mem);
  if (reservations.cpus === undefined || (reservations.memory ?? service.mem_reservation) === undefined)
    found.note(
      'services',
      `what does not say how much it needs asks for ${ASKED.cpus} cpus and ${ASKED.mem} MiB of memory, or its limit if that is less`,
    );
  return { cpus, mem, resourceLimits: { cpus: cpuLimit ?? 'unlimited', mem: memLimit ?? 'unlimited' } };
};

const without = (object: Json, ...known: readonly string[]): readonly string[] => Object.keys(object).filter((key) => !known.includes(key));
