import type { Spread, Spreads } from './spread.ts';

export const isSpread = (value: object): value is Spread => 'median' in value && typeof value.median === 'number';

/** As people read it: thousands apart, and no more digits than count. */
export const told = (value: number): string =>
  new Intl.NumberFormat('en', value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }).format(value);

type Row = { readonly min: string; readonly median: string; readonly max: string };

/** A row for each figure, groups as `group.figure`. */
export const rowsOf = (spreads: Spreads, prefix = ''): Record<string, Row> =>
  Object.assign(
    {},
    ...Object.entries(spreads).map(([name, value]) => {
      const key = prefix + name;
      if (Array.isArray(value)) return { [key]: { min: '', median: value.map(told).join(' '), max: '' } };
      if (!isSpread(value)) return rowsOf(value as Spreads, `${key}.`);
      return { [key]: { min: told(value.min), median: told(value.median), max: told(value.max) } };
    }),
  );
