import { either as E } from 'fp-ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { assignServicePorts, servicePortsOf } from '../../../domain/app/definition/servicePorts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { refused } from '../problem.ts';

/** Ports that were chosen for changes which the views do not show yet: two apps that come at once would get the same. */
const chosen = new WeakMap<Engine, Map<number, number>>();

/**
 * Does some work with definitions in which every service port is chosen; until it has ended nobody else gets these ports.
 * @throws Problem when no port is left
 */
export const withServicePorts = async <A>(
  engine: Engine,
  definitions: readonly AppDefinition[],
  work: (assigned: readonly AppDefinition[]) => Promise<A>,
): Promise<A> => {
  const pending = chosen.get(engine) ?? new Map<number, number>();
  chosen.set(engine, pending);
  const assigned = assignAll(definitions, pending, engine);
  const mine = assigned.flatMap(servicePortsOf);
  for (const port of mine) pending.set(port, (pending.get(port) ?? 0) + 1);
  try {
    return await work(assigned);
  } finally {
    for (const port of mine) {
      const left = (pending.get(port) ?? 1) - 1;
      if (left === 0) pending.delete(port);
      else pending.set(port, left);
    }
  }
};

const assignAll = (
  definitions: readonly AppDefinition[],
  pending: ReadonlyMap<number, number>,
  { views }: Engine,
): readonly AppDefinition[] => {
  const isDone = definitions.every((definition) => !servicePortsOf(definition).includes(0));
  if (isDone) return definitions;
  const mine = new Set(definitions.map(({ id }) => id));
  const inUse = new Set(pending.keys());
  for (const { id, definition } of views.apps.all()) if (!mine.has(id)) for (const port of servicePortsOf(definition)) inUse.add(port);
  return definitions.map((definition) => {
    const assigned = assignServicePorts(definition, views.apps.get(definition.id)?.definition, inUse);
    if (E.isLeft(assigned)) throw refused(assigned.left);
    for (const port of servicePortsOf(assigned.right)) inUse.add(port);
    return assigned.right;
  });
};
