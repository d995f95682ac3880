import { CPUS, MEM } from '../amounts.ts';
import type { Ledger } from '../ledger.ts';
import { Loads } from './loads.ts';
import type { Tenant } from './scene.ts';
import type { Trial } from './trial.ts';

/** Nodes that are asked for one instance. */
const ASKED_MAX = 256;
/** So many nodes in a row that can't be freed, and the others, which hold more, are not tried. */
const FAILURES_MAX = 100;

/** Frees whole nodes, those first whose instances cost the least to move: each goes to the fullest node in use that takes it. */
export const packMoves = (trial: Trial, most: number, seed: number): void => {
  const { ledger } = trial;
  const inUse = [...trial.open()].filter((row) => ledger.heldOnRow(row).length > 0);
  const targets = new Loads(ledger, inUse, seed);
  const largest = largestOf(ledger, inUse);
  /** What took somebody in stays in use. */
  const kept = new Set<number>();
  let failures = 0;
  for (const row of bySacrifice(trial, targets)) {
    if (failures === FAILURES_MAX) return;
    if (kept.has(row)) continue;
    const tenants = allOn(trial, row);
    if (tenants === undefined || trial.steps.length + tenants.length > most) continue;
    const before = trial.steps.length;
    for (const tenant of tenants) {
      const to = trial.without(tenant, () => fullestFor(trial, tenant, row, targets, largest));
      if (to === undefined) break;
      trial.move(tenant, row, to, 1 / tenants.length);
      targets.bringUp(to);
    }
    if (trial.steps.length === before + tenants.length) {
      for (const { to } of trial.steps.slice(before)) kept.add(to);
      targets.remove(row);
      failures = 0;
    } else {
      for (const touched of trial.backTo(before)) targets.bringUp(touched);
      failures++;
    }
  }
};

/** The largest first, so that the small ones fill what is left; undefined where somebody has to stay. */
const allOn = (trial: Trial, row: number): readonly Tenant[] | undefined => {
  const tenants: Tenant[] = [];
  for (const { instance } of trial.ledger.heldOnRow(row)) {
    const tenant = trial.tenantOf(instance);
    if (typeof tenant === 'string') return undefined;
    tenants.push(tenant);
  }
  return tenants.sort((a, b) => b.need.cpus - a.need.cpus || b.need.mem - a.need.mem || (a.instance < b.instance ? -1 : 1));
};

/** Nodes all of whose instances may move, the cheapest to empty first. */
const bySacrifice = (trial: Trial, loads: Loads): readonly number[] => {
  const costs = new Map<number, number>();
  for (const row of loads.rising()) {
    const tenants = allOn(trial, row);
    if (tenants !== undefined)
      costs.set(
        row,
        tenants.reduce((sum, { cost }) => sum + cost, 0),
      );
  }
  return [...costs].sort(([, a], [, b]) => a - b).map(([row]) => row);
};

const fullestFor = (
  trial: Trial,
  tenant: Tenant,
  from: number,
  targets: Loads,
  largest: { readonly cpus: number; readonly mem: number },
): number | undefined => {
  const { cpus, mem } = tenant.need;
  let asked = 0;
  // A node that is fuller than this has no room, however large it is.
  for (const row of targets.falling(1 - Math.min(cpus / largest.cpus, mem / largest.mem))) {
    if (row === from) continue;
    if (++asked > ASKED_MAX) return undefined;
    if (trial.takes(row, tenant)) return row;
  }
  return undefined;
};

const largestOf = (ledger: Ledger, rows: readonly number[]) =>
  rows.reduce((so, row) => ({ cpus: Math.max(so.cpus, ledger.capacity(row, CPUS)), mem: Math.max(so.mem, ledger.capacity(row, MEM)) }), {
    cpus: 1,
    mem: 1,
  });
