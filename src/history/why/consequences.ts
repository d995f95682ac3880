import { keyOf, nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import type { Consequence } from '../../domain/ports/why.ts';
import { REQUEST } from '../../domain/request/request.ts';
import { stepOf } from './steps.ts';
import { successorOf } from './successor.ts';

/** Consequences that are shown of one fact, of one answer, and how far they are followed. */
export const SHOWN_OF_ONE = 5;
export const SHOWN_MAX = 40;
export const DEPTH_MAX = 4;

type Log = Pick<PastLog, 'causedBy' | 'stream' | 'isVoid'>;
type Followed = Pick<Consequence, 'consequences' | 'more'>;

/** What followed from a fact, up to a position; counts by type of what is not shown. */
export const consequencesOf = (past: Log, of: Recorded, upTo: number): Followed => {
  const budget = { left: SHOWN_MAX };
  return follow(past, of, upTo, DEPTH_MAX, budget);
};

const follow = (past: Log, of: Recorded, upTo: number, depth: number, budget: { left: number }): Followed => {
  const replacement = successorOf(past, of, upTo);
  const id = nounOf(of.stream) === REQUEST ? keyOf(of.stream) : of.id;
  const caused = past.causedBy(id, upTo).filter((each) => each.id !== of.id && !past.isVoid(each));
  const next = [
    ...caused.map((each) => ({ each, link: 'cause' as const })),
    ...(replacement ? [{ each: replacement, link: 'replaces' as const }] : []),
  ];
  const shown = depth <= 0 ? [] : next.slice(0, Math.min(SHOWN_OF_ONE, budget.left));
  budget.left -= shown.length;
  const consequences = shown.map(({ each, link }) => ({ ...stepOf(past, each), link, ...follow(past, each, upTo, depth - 1, budget) }));
  const more: Record<string, number> = {};
  for (const { each } of next.slice(shown.length)) more[each.fact.type] = (more[each.fact.type] ?? 0) + 1;
  return { consequences, more };
};
