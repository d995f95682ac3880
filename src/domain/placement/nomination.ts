import { AMOUNT_NAMES } from './amounts.ts';
import type { Ledger } from './ledger.ts';
import type { Reservation } from './node.ts';
import { needOf, type PlacementRequest, reservationFor } from './request.ts';

/** A place that is held for an instance until others have left it. */
export type Nomination = {
  readonly instance: string;
  readonly node: string;
  readonly victims: readonly string[];
  readonly request: PlacementRequest;
};

/** The name under which it holds what is free already. */
export const heldName = (instance: string): string => `held for ${instance}`;

/** Those for whom it waits: who still holds his place there. */
export const awaited = ({ node, victims }: Nomination, ledger: Ledger): readonly Reservation[] =>
  victims.flatMap((victim) => {
    const held = ledger.reservation(victim);
    return held?.node === node ? [held] : [];
  });

/**
 * Sets aside what is free of the place now; what those who leave still hold comes to it when they have ended. Taken anew each time one of
 * them has: nobody else gets in between, and never more is held than there is.
 * @returns whether it waits for anybody still
 */
export const holdPlace = (nomination: Nomination, ledger: Ledger): boolean => {
  const { instance, node, request } = nomination;
  const name = heldName(instance);
  ledger.remove(name);
  const row = ledger.rowOf(node);
  const waitsFor = awaited(nomination, ledger);
  if (row === undefined || waitsFor.length === 0) return false;
  const need = needOf(request);
  const [cpus = 0, mem = 0, disk = 0, gpus = 0] = AMOUNT_NAMES.map((amount, column) => {
    const still = waitsFor.reduce((sum, held) => sum + Math.round(held[amount] * 1000), 0);
    return Math.max(0, Math.min(need[amount] - still, ledger.free(row, column))) / 1000;
  });
  const book = ledger.ports(row);
  const ports = need.fixedPorts.filter((port) => book.isFree(port));
  const held = { ...request, cohort: name, cpus, mem, disk, gpus };
  ledger.add(reservationFor(held, { instance: name, node, ports }));
  return true;
};
