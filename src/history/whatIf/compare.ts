import type {
  Closeness,
  DeploymentChange,
  DeploymentOutcome,
  Measured,
  Moved,
  OtherOutcome,
  PlacedInstance,
  Sums,
} from '../../domain/ports/whatIf.ts';

/** Instances that stand elsewhere; those that are in one of the two alone are there without the other place. */
export const movedBetween = (before: readonly PlacedInstance[], after: readonly PlacedInstance[]): readonly Moved[] => {
  const then = new Map(before.map((placed) => [placed.instance, placed]));
  const now = new Map(after.map((placed) => [placed.instance, placed]));
  const of = ({ instance, app, slot }: PlacedInstance) => ({ instance, app, slot });
  return [
    ...before.flatMap((placed): readonly Moved[] => {
      const to = now.get(placed.instance)?.node;
      return to === placed.node ? [] : [{ ...of(placed), from: placed.node, ...(to !== undefined && { to }) }];
    }),
    ...after.flatMap((placed): readonly Moved[] => (then.has(placed.instance) ? [] : [{ ...of(placed), to: placed.node }])),
  ];
};

type Replay = Measured & { readonly notReplayed: Readonly<Record<string, number>>; readonly otherwise: readonly OtherOutcome[] };

/** What was recorded against its replay with nothing changed. */
export const closenessOf = (recorded: Measured, { notReplayed, otherwise, ...replayed }: Replay): Closeness => {
  const now = new Map(replayed.placements.map(({ instance, node }) => [instance, node]));
  const all = new Set([...recorded.placements, ...replayed.placements].map(({ instance }) => instance));
  const equal = recorded.placements.filter(({ instance, node }) => now.get(instance) === node).length;
  const outcomes = new Map(replayed.deployments.map(({ id, outcome }) => [id, outcome]));
  return {
    placements: all.size,
    equal,
    share: all.size === 0 ? 1 : Math.round((equal / all.size) * 10_000) / 10_000,
    deployments: {
      recorded: recorded.deployments.length,
      equal: recorded.deployments.filter(({ id, outcome }) => outcomes.has(id) && outcomes.get(id) === outcome).length,
    },
    waitingMinutes: { recorded: recorded.waitingMinutes, replayed: replayed.waitingMinutes },
    notReplayed,
    otherwise,
  };
};

/** Times that differ by less are the same, ms. */
const ALIKE_MS = 1_000;

/** Deployments of both with other ends, or that took another time. */
export const deploymentsBetween = (before: readonly DeploymentOutcome[], after: readonly DeploymentOutcome[]) => {
  const now = new Map(after.map((row) => [row.id, row]));
  const [wouldSucceed, wouldFail, slower, faster]: DeploymentChange[][] = [[], [], [], []];
  const told = ({ outcome, tookMs, reason }: DeploymentOutcome) => ({
    ...(outcome !== undefined && { outcome }),
    ...(tookMs !== undefined && { tookMs }),
    ...(reason !== undefined && { reason }),
  });
  for (const row of before) {
    const other = now.get(row.id);
    if (other === undefined) continue;
    const change = { id: row.id, app: row.app, baseline: told(row), whatIf: told(other) };
    const [was, is] = [row.outcome === 'succeeded', other.outcome === 'succeeded'];
    if (was !== is) (is ? wouldSucceed : wouldFail)?.push(change);
    else if (was && Math.abs((other.tookMs ?? 0) - (row.tookMs ?? 0)) >= ALIKE_MS)
      ((other.tookMs ?? 0) > (row.tookMs ?? 0) ? slower : faster)?.push(change);
  }
  return { wouldSucceed: wouldSucceed ?? [], wouldFail: wouldFail ?? [], slower: slower ?? [], faster: faster ?? [] };
};

export const sumsOf = ({ placements: _, deployments: __, ...sums }: Measured): Sums => sums;
