/** Milliseconds since 1970-01-01T00:00:00Z. Always handed in as data: the domain has no clock. */
export type Instant = number;
/** A span of time in milliseconds. */
export type Millis = number;
/** Mesos' unit for `mem` and `disk`: mebibytes (2^20 bytes), fractions allowed. */
export type MebiBytes = number;
/** Mesos' unit for `cpus`: cores, fractions allowed. */
export type Cpus = number;

export const BYTES_PER_MEBIBYTE = 1024 * 1024;

/** Marathon's version and timestamp format: ISO 8601 with milliseconds, UTC. */
export const isoInstant = (at: Instant): string => {
  const days = Math.floor(at / MS_PER_DAY);
  const { year, month, day } = civilFromDays(days);
  const ms = at - days * MS_PER_DAY;
  const four = year > 999 && year < 10_000 ? String(year) : String(year).padStart(4, '0');
  const thousandths = Math.floor(ms % 1000);
  return (
    `${four}-${two(month)}-${two(day)}T` +
    `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:` +
    `${two(Math.floor(ms / 1000) % 60)}.${thousandths < 100 ? '0' : ''}${two(thousandths)}Z`
  );
};

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

export const MS_PER_DAY = 86_400_000;

/** Proleptic Gregorian date of a day number; H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
const civilFromDays = (daysSinceEpoch: number): { year: number; month: number; day: number } => {
  const shifted = daysSinceEpoch + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
};

/** The way back from `isoInstant`. @returns NaN for a text that is not of that form. */
export const instantOfIso = (text: string): Instant => {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = parts;
  return daysFromCivil(year, month, day) * MS_PER_DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
};

/** The same algorithms' days_from_civil. */
const daysFromCivil = (year: number, month: number, day: number): number => {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};

/** A version is the time of its change; two changes within one ms, or against the clock, still get two in their order. */
export const nextVersion = (last: string | undefined, at: Instant): string =>
  isoInstant(last === undefined || last < isoInstant(at) ? at : instantOfIso(last) + 1);

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** The day number of a proleptic Gregorian date, undefined for one that is none; the inverse, days_from_civil. */
export const dayNumber = (year: number, month: number, day: number): number | undefined => {
  const days = (DAYS_IN_MONTH[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
  if (day < 1 || day > days) return undefined;
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
};
