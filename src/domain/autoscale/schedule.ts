import type { Instant } from '../kernel/units.ts';
import { localTime } from './localTime.ts';
import { type AutoscalingPolicy, DAYS, type ScalingWindow } from './policy.facts.ts';

/** What holds at a moment: the bounds, a fixed number if there is one, and whose word that is. */
export type Bounds = { readonly min: number; readonly max: number; readonly desired?: number; readonly window?: string };

/** The policy's own bounds, or what the first window that is in force makes of them. */
export const boundsAt = ({ min, max, desired, schedule }: AutoscalingPolicy, at: Instant): Bounds => {
  const window = schedule.find((each) => isInForce(each, at));
  if (window === undefined) return { min, max, ...(desired !== undefined && { desired }) };
  // Bounds narrower than the policy's own number move it.
  const [least, most] = [window.min ?? min, window.max ?? max];
  const fixed = window.desired ?? (desired === undefined ? undefined : Math.min(most, Math.max(least, desired)));
  return { min: least, max: most, ...(fixed !== undefined && { desired: fixed }), window: nameOf(window) };
};

export const isInForce = ({ days = DAYS, from, to, timeZone }: ScalingWindow, at: Instant): boolean => {
  const { weekday, minute } = localTime(at, timeZone);
  const [begin, end] = [minutes(from), minutes(to)];
  const beginsOn = (day: number): boolean => days.includes(DAYS[(day + 7) % 7] as (typeof DAYS)[number]);
  if (begin < end) return beginsOn(weekday) && minute >= begin && minute < end;
  return (beginsOn(weekday) && minute >= begin) || (beginsOn(weekday - 1) && minute < end);
};

const minutes = (time: string): number => {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
};

const nameOf = ({ days, from, to, timeZone }: ScalingWindow): string =>
  `${days === undefined ? '' : `${days.join(' ')} `}${from}-${to} ${timeZone}`;
