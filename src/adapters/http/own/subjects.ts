import { parseInstanceId, parseTaskId } from '../../../domain/app/definition/taskIds.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { notFound } from '../problem.ts';

/** The bare id of an instance in any form that Marathon gave it: instance id, task id, or the UUID alone. */
export const instanceUuid = (id: string): string => parseTaskId(id)?.uuid ?? parseInstanceId(id)?.uuid ?? id;

/** @throws Problem 404. */
export const instanceRow = ({ views }: Engine, id: string): InstanceRow => {
  const row = views.instances.get(instanceUuid(id));
  if (row === undefined) throw notFound(`Instance '${id}' does not exist`);
  return row;
};
