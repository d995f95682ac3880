import { PLACELESS, phaseOf } from '../domain/instance/instance.states.ts';
import { poolNode } from '../domain/placement/poolNode.ts';
import { type Candidate, pickToStop } from '../domain/placement/scaleDown.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';

/** Whom to stop of some instances of one version, by the rules of the app. */
export const pickBy =
  (views: Views) =>
  (from: readonly InstanceRow[], most: number, named: ReadonlySet<string>): readonly string[] =>
    pickToStop(
      from.map((row) => candidateOf(row, views)),
      rulesOf(from[0], views),
      most,
      named,
    );

const candidateOf = (row: InstanceRow, views: Views): Candidate => {
  const node = row.node === undefined ? undefined : views.nodes.get(row.node);
  return {
    instance: row.id,
    condition: conditionOf(row.state),
    since: row.startedAt ?? row.requestedAt,
    ...(node !== undefined && { node: poolNode(node) }),
  };
};

/** Unhealthy ones go before ready ones, as Marathon's rolling update has it. */
export const conditionOf = (state: string): string => {
  const phase = phaseOf(state);
  if (phase === 'unseen') return 'Unreachable';
  if (phase === 'ready') return 'Running';
  return PLACELESS.has(state) ? 'Staging' : 'Starting';
};

const rulesOf = (row: InstanceRow | undefined, views: Views) => {
  const definition = row === undefined ? undefined : views.apps.definition(row.app, row.version);
  return { constraints: definition?.constraints ?? [], killSelection: definition?.killSelection ?? ('YOUNGEST_FIRST' as const) };
};
