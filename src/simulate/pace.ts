import type { Pace } from '../actors/hosts.ts';
import { USUAL_PACE } from '../actors/hosts.ts';

/** Most pings and inventories of all simulated hosts together, per second: a few percent of one core. */
const PINGS_PER_SECOND = 500;
const INVENTORIES_PER_SECOND = 50;

/** The usual pace up to a thousand hosts; with more of them each is looked at less often, so that calm costs no more. */
export const paceFor = (hosts: number): Pace => ({
  ...USUAL_PACE,
  heartbeatMs: Math.max(USUAL_PACE.heartbeatMs, Math.ceil((hosts * 1000) / PINGS_PER_SECOND)),
  inventoryMs: Math.max(USUAL_PACE.inventoryMs, Math.ceil((hosts * 1000) / INVENTORIES_PER_SECOND)),
});
