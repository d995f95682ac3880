import { spread } from '../scores.ts';
import { Loads } from './loads.ts';
import type { Tenant } from './scene.ts';
import type { Trial } from './trial.ts';

/** Nodes that would do which are compared for one instance. */
const COMPARED_MAX = 14;

export type Left = { readonly instance: string; readonly app: string; readonly node: string; readonly because: string };

/** Moves all that may move off some nodes, the cheapest first, and says who stays and why. The nodes take nothing new from then on. */
export const emptyMoves = (trial: Trial, nodes: readonly string[], most: number, seed: number): readonly Left[] => {
  const { ledger } = trial;
  for (const node of nodes) ledger.setSchedulable(node, false);
  const targets = new Loads(ledger, trial.open(), seed);
  const left: Left[] = [];
  const leaving: { readonly tenant: Tenant; readonly from: number; readonly node: string }[] = [];
  for (const node of nodes) {
    const from = ledger.rowOf(node);
    for (const { instance, app } of from === undefined ? [] : ledger.heldOn(node)) {
      const tenant = trial.tenantOf(instance);
      if (typeof tenant === 'string') left.push({ instance, app, node, because: tenant });
      else leaving.push({ tenant, from: from as number, node });
    }
  }
  leaving.sort((a, b) => a.tenant.cost - b.tenant.cost || (a.tenant.instance < b.tenant.instance ? -1 : 1));
  for (const { tenant, from, node } of leaving) {
    const { instance, app } = tenant;
    if (trial.steps.length >= most) {
      left.push({ instance, app, node, because: `the plan has its ${most} moves` });
      continue;
    }
    const to = trial.without(tenant, () => bestFor(trial, tenant, targets));
    if (to === undefined) {
      left.push({ instance, app, node, because: 'no other node takes it' });
      continue;
    }
    trial.move(tenant, from, to, 1);
    targets.bringUp(to);
  }
  return left;
};

/** As placement would choose among the least loaded nodes. */
const bestFor = (trial: Trial, tenant: Tenant, targets: Loads): number | undefined => {
  let best: number | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  let compared = 0;
  for (const row of targets.rising()) {
    if (!trial.takes(row, tenant)) continue;
    const score = spread(trial.ledger, row, tenant.need);
    if (score < lowest) [best, lowest] = [row, score];
    if (++compared === COMPARED_MAX) break;
  }
  return best;
};
