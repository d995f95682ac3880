import { type Course, fresh, isThere, wanted } from '../kit/course.ts';
import { traffic, want } from '../kit/owes.ts';
import type { StrategySpec } from '../kit/strategy.ts';

/** Whether as many serve of the version that comes back as must: then all new requests may go there. */
const carriesAll = (course: Course): boolean =>
  fresh(course).ready >= Math.max(1, Math.ceil(wanted(course) * course.minimumHealthCapacity));

/**
 * The way back to a version that was trusted before. It goes through no canary and waits for nobody; new requests leave the version that
 * is taken back as soon as the one that comes back can carry them.
 */
export const revert: StrategySpec = {
  id: 'revert.v1',
  description: 'Back to a version of before: as fast as capacity allows, and with the requests first.',
  initial: 'reverting',
  states: {
    reverting: {
      description: 'Instances of before come as the capacity allows; those that are taken back go as they become ready.',
      entry: [want((course) => ({ new: wanted(course), old: 0 })), traffic((course) => (carriesAll(course) ? { new: 100 } : {}))],
      on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
    },
  },
};
