import { either as E } from 'fp-ts';
import { dayNumber, type Instant, MS_PER_DAY } from './units.ts';

/** A place in time as people write it: an instant, or a place in the log. */
export type Moment = { readonly at: Instant } | { readonly position: number };

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGE = /^-(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
/** RFC 3339; a day alone is its midnight in UTC, and a time without an offset is UTC as well, never the machine's zone. */
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))?)?$/i;

export const MOMENT_FORMS = 'an ISO 8601 instant, a position of the log, or an age such as -15m or -2h30m';

/**
 * @param now what an age is counted from
 * @returns left: what is wrong with the text
 */
export const parseMoment = (text: string, now: Instant): E.Either<string, Moment> => {
  if (/^\d+$/.test(text)) {
    const position = Number(text);
    return Number.isSafeInteger(position) ? E.right({ position }) : E.left(`'${text}' is no position of the log`);
  }
  if (AGE.test(text)) {
    let age = 0;
    for (const [, count, unit] of text.matchAll(PART)) age += Number(count) * (UNITS_MS[unit ?? ''] ?? 0);
    return E.right({ at: now - Math.round(age) });
  }
  const at = instantIn(text);
  return at === undefined ? E.left(`'${text}' is no moment: ${MOMENT_FORMS}`) : E.right({ at });
};

const instantIn = (text: string): Instant | undefined => {
  const [, year, month, date, hours = '0', minutes = '0', seconds = '0', sign = '+', ahead = '0', aheadMinutes = '0'] =
    INSTANT.exec(text) ?? [];
  const day = year === undefined ? undefined : dayNumber(Number(year), Number(month), Number(date));
  if (day === undefined) return undefined;
  const offset = (Number(ahead) * 60 + Number(aheadMinutes)) * (sign === '-' ? -1 : 1);
  return day * MS_PER_DAY + (Number(hours) * 60 + Number(minutes) - offset) * 60_000 + Math.round(Number(seconds) * 1_000);
};

/** The place in the log that a moment means: everything recorded at or before it. */
export const momentPosition = (past: { positionAt(at: Instant): number }, moment: Moment): number =>
  'position' in moment ? moment.position : past.positionAt(moment.at);
