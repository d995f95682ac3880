import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { simulate } from '../simulation/simulate.ts';
import { plainSealer } from '../support/sealer.ts';

/** What a cluster of simulated hosts went through, faults and all; the same for the same seed. */
export const simulatedHistory = async (seed: number, steps: number): Promise<readonly Recorded[]> => {
  const { world } = await simulate(seed, { steps });
  return world.log.facts.map((stored) => recordedOf(stored, plainSealer));
};
