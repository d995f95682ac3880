import type { Need } from '../request.ts';
import { type Move, type RebalanceAsk, type RebalancePlan, STUCK_TOLD, type Standing } from './ask.ts';
import { emptyMoves, type Left } from './empty.ts';
import { isGrouped, meanLoad, skewOf, unevenGroups, unevenLoad, valuesIn } from './evenness.ts';
import { packMoves } from './pack.ts';
import type { Scene } from './scene.ts';
import { spreadMoves } from './spread.ts';
import { type Step, Trial } from './trial.ts';
import { wavesOf } from './waves.ts';

/**
 * Moves that improve a goal, the best gain for its cost first. Each is judged by every filter of placement in the account that those before
 * it leave. Nobody is moved twice, and no app misses more instances at once than it may. Changes the account of the scene.
 */
export const rebalance = (scene: Scene, ask: RebalanceAsk): RebalancePlan => {
  const { goal, nodes, maxMoves, seed } = ask;
  const trial = new Trial(scene);
  const standing = standingBy(scene, ask, trial);
  const before = standing();
  let stuck: readonly Left[] = [];
  if (goal === 'spread') spreadMoves(trial, maxMoves, seed);
  else if (goal === 'pack') packMoves(trial, maxMoves, seed);
  else stuck = emptyMoves(trial, nodes, maxMoves, seed);
  const waves = wavesOf(trial.steps, (app) => scene.mayLose(app));
  const moves = trial.steps.map((step, nth) => moveOf(scene, step, waves[nth] ?? 0));
  return {
    goal,
    nodes,
    seed,
    moves,
    cost: rounded(moves.reduce((sum, { cost }) => sum + cost, 0)),
    before,
    after: standing(),
    stuck: stuck.slice(0, STUCK_TOLD),
  };
};

const moveOf = ({ ledger }: Scene, { tenant, from, to, gain }: Step, wave: number): Move => {
  const { instance, app, version, slot, cost, startMs } = tenant;
  return {
    instance,
    app,
    version,
    slot,
    from: ledger.at(from).id,
    to: ledger.at(to).id,
    wave,
    cost,
    gain: rounded(gain),
    ...(startMs !== undefined && { startMs }),
  };
};

/** How the account stands, as often as asked: loads are compared with what they were on average at first. */
const standingBy = ({ ledger, tenantOf }: Scene, { goal, nodes }: RebalanceAsk, trial: Trial): (() => Standing) => {
  // Nodes that are to be empty count for what is left there, and take nothing, before as after.
  const open = [...trial.open()].filter((row) => goal !== 'empty' || !nodes.includes(ledger.at(row).id));
  const wanted = meanLoad(ledger, open);
  const values = valuesIn(ledger);
  const grouped = new Map<string, Need | undefined>();
  for (const row of open)
    for (const { instance, what } of ledger.heldOnRow(row)) {
      if (grouped.has(what.cohort)) continue;
      const tenant = tenantOf(instance);
      if (typeof tenant !== 'string') grouped.set(what.cohort, isGrouped(tenant.need) ? tenant.need : undefined);
    }
  const needs = [...grouped.values()].filter((need) => need !== undefined);
  const scores = {
    spread: () => unevenLoad(ledger, open, wanted) + needs.reduce((sum, need) => sum + unevenGroups(ledger, need, values), 0),
    pack: () => inUse().length,
    empty: () => nodes.reduce((sum, node) => sum + ledger.heldOn(node).length, 0),
  };
  const inUse = (): readonly number[] => open.filter((row) => ledger.heldOnRow(row).length > 0);
  return () => {
    const loads = open.map((row) => ledger.load(row, 0, 0));
    return {
      score: rounded(scores[goal]()),
      highestLoad: rounded(loads.reduce((so, load) => Math.max(so, load), 0)),
      lowestLoad: rounded(loads.length === 0 ? 0 : loads.reduce((so, load) => Math.min(so, load), Number.POSITIVE_INFINITY)),
      skew: needs.reduce((so, need) => Math.max(so, skewOf(ledger, need)), 0),
      nodesInUse: inUse().length,
    };
  };
};

const rounded = (number: number): number => Math.round(number * 10_000) / 10_000;
