import { either as E } from 'fp-ts';
import type { Instant } from './units.ts';

/** A place in time as people write it: an instant, or a place in the log. */
export type Moment = { readonly at: Instant } | { readonly position: number };

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGE = /^-(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
/** RFC 3339; a day alone is its midnight in UTC, and a time without an offset is UTC as well, never the machine's zone. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

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
  const [, day, time = '00:00', zone = 'Z'] = INSTANT.exec(text) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? E.left(`'${text}' is no moment: ${MOMENT_FORMS}`) : E.right({ at });
};

/** The place in the log that a moment means: everything recorded at or before it. */
export const momentPosition = (past: { positionAt(at: Instant): number }, moment: Moment): number =>
  'position' in moment ? moment.position : past.positionAt(moment.at);
