import type { RebalanceFact, RebalanceFactOf } from './rebalance.facts.ts';

type Planned = RebalanceFactOf<'RebalanceBegan'>['moves'][number];

/** One move with what became of it. */
export type MoveProgress = Planned &
  (
    | { readonly status: 'open' | 'left' }
    | { readonly status: 'done'; readonly successor: string; readonly node: string }
    | { readonly status: 'skipped'; readonly because: string }
  );

export type RebalanceProgress = Pick<RebalanceFactOf<'RebalanceBegan'>, 'goal' | 'nodes' | 'cost'> & {
  readonly state: 'moving' | 'completed' | 'aborted';
  readonly scoreBefore: number;
  readonly scorePlanned: number;
  readonly done: number;
  readonly skipped: number;
  readonly moves: readonly MoveProgress[];
  readonly reason?: string;
};

/** How far a rebalance is, from its facts; undefined where it never began. A move that was not done when it was aborted is `left`. */
export const progressOf = (facts: readonly RebalanceFact[]): RebalanceProgress | undefined => {
  const began = facts.find((fact) => fact.type === 'RebalanceBegan');
  if (began === undefined) return undefined;
  const aborted = facts.find((fact) => fact.type === 'RebalanceAborted');
  const ends = new Map(
    facts.flatMap((fact) => (fact.type === 'MoveCompleted' || fact.type === 'MoveSkipped' ? [[fact.move, fact] as const] : [])),
  );
  const moves = began.moves.map((move, nth): MoveProgress => {
    const end = ends.get(nth);
    if (end === undefined) return { ...move, status: aborted === undefined ? 'open' : 'left' };
    if (end.type === 'MoveSkipped') return { ...move, status: 'skipped', because: end.because };
    return { ...move, status: 'done', successor: end.instance, node: end.node };
  });
  const count = (status: MoveProgress['status']): number => moves.filter((move) => move.status === status).length;
  const { goal, nodes, cost, before, after } = began;
  return {
    state: aborted !== undefined ? 'aborted' : ends.size === moves.length ? 'completed' : 'moving',
    goal,
    nodes,
    cost,
    scoreBefore: before,
    scorePlanned: after,
    done: count('done'),
    skipped: count('skipped'),
    moves,
    ...(aborted !== undefined && { reason: aborted.reason }),
  };
};
