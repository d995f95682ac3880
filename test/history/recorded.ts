import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import type { Past } from '../../src/domain/ports/past.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { plainSealer } from '../support/sealer.ts';

/* What the simulated engine has recorded, as a past. */

export const factsOf = (world: SimulatedWorld): readonly Recorded[] =>
  world.log.facts.map((stored) => recordedOf({ ...stored }, plainSealer));

export const pastOf = (world: SimulatedWorld): Past => arrayPast(factsOf(world));
