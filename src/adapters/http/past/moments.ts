import { either as E } from 'fp-ts';
import { momentPosition, parseMoment } from '../../../domain/kernel/moment.ts';
import type { Instant } from '../../../domain/kernel/units.ts';
import type { Past } from '../../../domain/ports/past.ts';
import type { Span } from '../../../domain/ports/story.ts';
import { wrong } from '../problem.ts';

/** The place in the log that a parameter means. @throws Problem 422 naming the parameter */
export const positionAsked = (past: Past, name: string, text: string, now: Instant): number => {
  const moment = parseMoment(text, now);
  if (E.isLeft(moment)) throw wrong(`/${name}`, moment.left);
  const isLater = 'position' in moment.right ? moment.right.position > past.head() : moment.right.at > now;
  if (isLater) throw wrong(`/${name}`, `'${text}' has not come yet: the log stands at position ${past.head()}`);
  return momentPosition(past, moment.right);
};

/** Facts between two moments: `from` is the first moment that counts, `to` the last. @throws Problem 422 naming the parameter */
export const spanAsked = (past: Past, { from, to }: { readonly from?: string; readonly to?: string }, now: Instant): Span => {
  const upTo = to === undefined ? past.head() : positionAsked(past, 'to', to, now);
  if (from === undefined) return { after: 0, upTo };
  const position = positionAsked(past, 'from', from, now);
  const moment = parseMoment(from, now);
  const after = E.isRight(moment) && 'at' in moment.right ? past.positionAt(moment.right.at - 1) : Math.max(0, position - 1);
  if (after > upTo)
    throw wrong('/from', `lies behind /to: position ${position} comes after position ${upTo}; give the earlier moment first`);
  return { after, upTo };
};
