import { either as E } from 'fp-ts';
import { type Moment, momentPosition, parseMoment } from '../../../domain/kernel/moment.ts';
import type { Instant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { Past } from '../../../domain/ports/past.ts';
import type { Span } from '../../../domain/ports/story.ts';
import { Problem } from '../problem.ts';

/** Where whoever asks stands: the head and the present, or the moment of `at`. */
type Stand = Pick<Engine, 'log' | 'clock'>;

/** @throws Problem 400 naming the parameter */
const momentAsked = (name: string, text: string, { log, clock }: Stand): Moment => {
  const moment = parseMoment(text, clock.now());
  if (E.isLeft(moment)) throw wrongMoment(name, moment.left);
  const isLater = 'position' in moment.right ? moment.right.position > log.head() : moment.right.at > clock.now();
  if (isLater) throw wrongMoment(name, `'${text}' is in the future: the log stands at position ${log.head()}`);
  return moment.right;
};

/** The instant that a parameter means: of a position that of its fact. @throws Problem 400 naming the parameter */
export const instantAsked = (past: Past, name: string, text: string, stand: Stand): Instant => {
  const moment = momentAsked(name, text, stand);
  return 'at' in moment ? moment.at : (past.fact(moment.position)?.meta.at ?? stand.clock.now());
};

/** The place in the log that a parameter means. @throws Problem 400 naming the parameter */
export const positionAsked = (past: Past, name: string, text: string, stand: Stand): number =>
  Math.min(momentPosition(past, momentAsked(name, text, stand)), stand.log.head());

/** Facts between two moments: `from` is the first moment that counts, `to` the last. @throws Problem 400 naming the parameter */
export const spanAsked = (past: Past, { from, to }: { readonly from?: string; readonly to?: string }, stand: Stand): Span => {
  const upTo = to === undefined ? stand.log.head() : positionAsked(past, 'to', to, stand);
  if (from === undefined) return { after: 0, upTo };
  const moment = momentAsked('from', from, stand);
  const after = 'at' in moment ? past.positionAt(moment.at - 1) : Math.max(0, moment.position - 1);
  if (after > upTo) throw wrongMoment('from', `'${from}' comes after 'to', which is position ${upTo}: give the earlier moment first`);
  return { after, upTo };
};

export const wrongMoment = (name: string, error: string): Problem =>
  new Problem(400, { message: `${name}: ${error}`, details: [{ path: `/${name}`, errors: [error] }] });
