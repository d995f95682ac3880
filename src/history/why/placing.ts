import type { InstanceFact } from '../../domain/instance/instance.facts.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { some } from './account.ts';
import { dataOf } from './steps.ts';

const ruledOut = (excluded: Readonly<Record<string, number>>): string =>
  Object.entries(excluded)
    .filter(([, count]) => count > 0)
    .map(([filter, count]) => `${filter} ruled out ${count}`)
    .join(', ');

/** Why a node was chosen, as its placement was recorded. */
export const placedBecause = (placed: Recorded): readonly string[] => {
  if (placed.fact.type !== 'InstancePlaced') return [];
  const { node, considered, excluded, score } = dataOf<InstanceFact, 'InstancePlaced'>(placed);
  if (considered === 0) return [`It is on node ${node}, where it had a place already.`];
  const out = ruledOut(excluded);
  return [
    `It is on node ${node} because that had the lowest score, ${score}, of those that would do: ${some(considered, 'node')} looked at${out === '' ? ', none ruled out' : `, ${out}`}.`,
  ];
};

/** Why there was no place, as it was recorded last. */
export const waitsBecause = (deferred: Recorded | undefined): readonly string[] => {
  if (deferred === undefined) return [];
  const { considered, excluded } = dataOf<InstanceFact, 'PlacementDeferred'>(deferred);
  return [considered === 0 ? 'There was no node to look at.' : `None of ${some(considered, 'node')} would do: ${ruledOut(excluded)}.`];
};
