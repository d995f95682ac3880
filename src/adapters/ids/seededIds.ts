import type { Ids } from '../../domain/kernel/ports.ts';
import { paddedHex, uuidTextOf } from './uuidText.ts';

/** The same version 8 UUIDs for the same seed, in the same order; two seeds share none. For simulations and tests. @param seed 0 … 2^48 - 1 */
export const seededIds = (seed: number): Ids => {
  const prefix = uuidTextOf(seed, 0, 0);
  let used = 0;
  return { next: () => prefix + paddedHex(used++, 12) };
};
