import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { instanceIdOf } from '../../../domain/app/definition/taskIds.ts';
import { isPod, type PodApp } from '../../../domain/app/pod/pod.ts';
import { renderPod } from '../../../domain/app/pod/render.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow } from '../../../domain/ports/views.ts';
import { notFound } from '../problem.ts';
import { sortedRows } from './apps.read.ts';
import { hostOf } from './taskJson.ts';
import { marathonState } from './taskStates.ts';

export type PodRow = AppRow & { readonly definition: PodApp };

const isPodRow = (row: AppRow): row is PodRow => isPod(row.definition);

export const sortedPods = (engine: Engine): readonly PodRow[] => sortedRows(engine).filter(isPodRow);

/** @throws Problem 404 for what is not there, or is an app. */
export const podOf = ({ views }: Engine, id: string): PodRow => {
  const row = views.apps.get(id);
  if (row === undefined || !isPodRow(row)) throw podNotFound(id);
  return row;
};

export const podNotFound = (id: string) => notFound(`Pod '${id}' does not exist`);

/** A pod's newest version, as Marathon answers it. */
export const podJson = ({ definition, target: { version } }: PodRow) => podVersionJson(definition, version);

export const podVersionJson = (definition: AppDefinition, version: string) => ({
  ...(isPod(definition) && renderPod(definition)),
  version,
});

/** Marathon's `Instance`, as the killing of instances answers it: as it was when it was asked to stop. */
export const instanceJson = (engine: Engine, row: InstanceRow) => {
  const definition = engine.views.apps.definition(row.app, row.version);
  const node = row.node === undefined ? undefined : engine.views.nodes.get(row.node);
  return {
    instanceId: instanceIdOf(row.app, row.id),
    state: {
      condition: marathonState(row.state, row.exit).condition,
      since: isoInstant(row.since),
      ...(row.startedAt !== undefined && { activeSince: isoInstant(row.startedAt) }),
      ...(row.gated && row.startedAt !== undefined && { healthy: row.state === 'running.checked.ready' }),
      goal: 'Running',
    },
    ...(row.node !== undefined && {
      agentInfo: {
        host: node?.offer.hostname ?? hostOf(engine, row),
        agentId: row.node,
        ...(node?.region !== undefined && { region: node.region }),
        ...(node?.zone !== undefined && { zone: node.zone }),
        attributes: Object.entries(node?.attributes ?? {}).map(([name, text]) => ({ name, text })),
      },
    }),
    runSpecVersion: row.version,
    unreachableStrategy: definition?.unreachableStrategy ?? 'disabled',
  };
};
