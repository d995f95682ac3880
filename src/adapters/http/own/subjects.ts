import { absolutePathId, isPathId } from '../../../domain/app/definition/pathId.ts';
import { parseInstanceId, parseTaskId } from '../../../domain/app/definition/taskIds.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
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

/** The stream of whatever is called so: an app with its slash, else a node, a deployment of an app or a group, an instance, at last an app without. */
export const subjectStream = async ({ log }: Engine, subject: string): Promise<string> => {
  const candidates = subject.startsWith('/')
    ? [streamOf('app', absolutePathId(subject))]
    : [
        streamOf('node', subject),
        streamOf('deployment', subject),
        streamOf('plan', subject),
        streamOf('instance', instanceUuid(subject)),
        ...(isPathId(subject) ? [streamOf('app', absolutePathId(subject))] : []),
      ];
  for (const stream of candidates) if ((await log.readStream(stream, { max: 1 })).length > 0) return stream;
  throw notFound(`Nothing is recorded of '${subject}'`);
};
