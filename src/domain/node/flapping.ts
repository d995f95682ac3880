import type { Instant, Millis } from '../kernel/units.ts';
import type { NodeFactOf } from './node.facts.ts';

/** So many losses within the window make a node that comes back one that flaps. */
export const FLAPPING_LOSSES = 3;
export const FLAPPING_WINDOW_MS: Millis = 10 * 60_000;
/** How long one that flaps must answer without a break before it takes new instances, ms. */
export const FLAPPING_STEADY_MS: Millis = 5 * 60_000;
/** Where more than this share of the pool comes and goes nobody counts as flapping: the cause is more likely the network, and somebody must take what is to run. */
export const FLAPPING_SHARE_MAX = 1 / 3;

type Seen = { readonly state: string; readonly losses?: readonly Instant[] };

export const isFlapping = ({ state }: Pick<Seen, 'state'>): boolean => state === 'attached.answering.flapping';

/** When a node was lost lately: what is kept of it. */
export const lossesWith = (before: readonly Instant[] | undefined, at: Instant): readonly Instant[] =>
  [...(before ?? []).filter((each) => at - each < FLAPPING_WINDOW_MS), at].slice(-FLAPPING_LOSSES);

const lossesOf = ({ losses = [] }: Seen, now: Instant): number => losses.filter((at) => now - at < FLAPPING_WINDOW_MS).length;

/** What is to be said of a node that answers again; undefined where it is to take instances as before. */
export const flappingOf = (node: Seen, pool: Iterable<Seen>, now: Instant): Omit<NodeFactOf<'NodeBecameFlapping'>, 'type'> | undefined => {
  const losses = lossesOf(node, now);
  if (losses < FLAPPING_LOSSES) return undefined;
  // Whether they are back already must not matter: those that return together are judged alike.
  let [total, alike] = [0, 0];
  for (const each of pool) {
    total += 1;
    if (isFlapping(each) || lossesOf(each, now) >= FLAPPING_LOSSES) alike += 1;
  }
  if (alike > total * FLAPPING_SHARE_MAX) return undefined;
  return { losses, withinMs: FLAPPING_WINDOW_MS, steadyMs: FLAPPING_STEADY_MS };
};
