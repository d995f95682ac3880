import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';

/** All chance of a script comes from here, so that a seed is a story. */
export type Dice = {
  /** From `least` to `most`, both included. */
  whole(least: number, most: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Undefined when there is nothing to pick. */
  pickAny<T>(from: readonly T[]): T | undefined;
};

export const diceOf = (seed: number): Dice => {
  const random = seededRandom(seed);
  const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  return {
    whole,
    chance: (share) => random() < share,
    pick: (from) => from[whole(0, from.length - 1)] as (typeof from)[number],
    pickAny: (from) => (from.length === 0 ? undefined : from[whole(0, from.length - 1)]),
  };
};
