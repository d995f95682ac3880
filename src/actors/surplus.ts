import type { SlotsByVersion } from '../domain/app/app.facts.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import { poolNode } from '../domain/placement/poolNode.ts';
import { type Candidate, pickToStop } from '../domain/placement/scaleDown.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';

export type Surplus = { readonly row: InstanceRow; readonly reason: string };

/**
 * Whom to stop now. Those asked for by name go alone: their owner looks again at what is left before anyone else goes, for they are
 * stopped whether their version has too many or not.
 */
export const chooseStops = (
  live: readonly InstanceRow[],
  slots: SlotsByVersion,
  retire: readonly string[],
  views: Views,
): readonly Surplus[] => {
  const all = chooseSurplus(live, slots, retire, views);
  const named = all.filter(({ row }) => retire.includes(row.id));
  return named.length > 0 ? named : all;
};

/** Whom to stop so that no version has more live instances than wanted: second ones of a slot first, then by the app's own rules. */
export const chooseSurplus = (
  live: readonly InstanceRow[],
  slots: SlotsByVersion,
  retire: readonly string[],
  views: Views,
): readonly Surplus[] => {
  const named = new Set(retire);
  const isRemoved = Object.keys(slots).length === 0;
  return [...groupByVersion(live)].flatMap(([version, rows]) => {
    const wanted = slots[version] ?? 0;
    const count = rows.length - wanted;
    if (count <= 0 && !rows.some(({ id }) => named.has(id))) return [];
    const doubles = secondsInSlot(rows).slice(0, Math.max(0, count));
    const others = rows.filter((row) => !doubles.includes(row));
    const pick = (from: readonly InstanceRow[], most: number) =>
      pickToStop(
        from.map((row) => candidateOf(row, views)),
        rulesOf(rows[0], views),
        most,
        named,
      );
    const most = count - doubles.length;
    // One that serves is not stopped for the sake of evenness while another one does not serve.
    const first = pick(
      others.filter((row) => !isReady(row) || named.has(row.id)),
      most,
    );
    const picked = new Set([
      ...first,
      ...pick(
        others.filter((row) => isReady(row) && !named.has(row.id)),
        most - first.length,
      ),
    ]);
    // A version of which some stay is only scaled down when there is no other one: else it gives way, step by step.
    const isAlone = Object.keys(slots).length === 1;
    const why = wanted > 0 && isAlone ? 'scaled down' : isRemoved ? 'the app is removed' : 'replaced by another version';
    return [
      ...doubles.map((row) => ({ row, reason: 'its slot is taken by its replacement' })),
      ...others.filter(({ id }) => picked.has(id)).map((row) => ({ row, reason: named.has(row.id) ? 'asked for' : why })),
    ];
  });
};

const groupByVersion = (rows: readonly InstanceRow[]): ReadonlyMap<string, readonly InstanceRow[]> =>
  Map.groupBy(rows, ({ version }) => version);

/** Of those that share a slot all but one: the ready one stays, of two ready ones the replacement. */
const secondsInSlot = (rows: readonly InstanceRow[]): readonly InstanceRow[] =>
  [...Map.groupBy(rows, ({ slot }) => slot).values()].flatMap((inSlot) =>
    inSlot.toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)) || b.attempt - a.attempt).slice(1),
  );

const isReady = ({ state }: InstanceRow): boolean => phaseOf(state) === 'ready';

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
const conditionOf = (state: string): string => {
  const phase = phaseOf(state);
  if (phase === 'unseen') return 'Unreachable';
  if (phase === 'ready') return 'Running';
  return state === 'waiting' || state === 'requested' ? 'Staging' : 'Starting';
};

const rulesOf = (row: InstanceRow | undefined, views: Views) => {
  const definition = row === undefined ? undefined : views.apps.definition(row.app, row.version);
  return { constraints: definition?.constraints ?? [], killSelection: definition?.killSelection ?? ('YOUNGEST_FIRST' as const) };
};
