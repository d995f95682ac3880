export type Spread = { readonly min: number; readonly median: number; readonly max: number };

/** Of one run: numbers, in groups where that helps; a list has one number for each part of the run. */
export type Figures = { readonly [name: string]: number | readonly number[] | Figures };

/** Of all runs: of each number its spread, of a list the medians. */
export type Spreads = { readonly [name: string]: Spread | readonly number[] | Spreads };

/** What is measured is no more exact. */
const DIGITS = 5;

const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)));

/** Of an even number of values the lower one of the two in the middle, as of three the second. */
const medianOf = (sorted: readonly number[]): number => sorted[(sorted.length - 1) >> 1] ?? Number.NaN;

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: rounded(sorted[0] ?? Number.NaN), median: rounded(medianOf(sorted)), max: rounded(sorted.at(-1) ?? Number.NaN) };
};

/** @param runs with the same names in each */
export const spreadsOf = (runs: readonly Figures[]): Spreads =>
  Object.fromEntries(
    Object.entries(runs[0] ?? {}).map(([name, first]) => {
      const all = runs.map((run) => run[name]);
      if (typeof first === 'number') return [name, spreadOf(all as readonly number[])];
      if (!Array.isArray(first)) return [name, spreadsOf(all as readonly Figures[])];
      const lists = all as readonly (readonly number[])[];
      return [name, first.map((_, nth) => spreadOf(lists.map((list) => list[nth] ?? Number.NaN)).median)];
    }),
  );

/** The value under which a share of them lies. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
};
