export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** The value under which a share of them lies. */
export const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * numbers.length) - 1)] ?? Number.NaN;

/** To so many digits that count: what is measured is no more exact. */
export const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits));

/** Of samples with the same figures, the median of each. */
export const medians = <Figures extends Readonly<Record<string, number>>>(samples: readonly Figures[]): Figures => {
  const names = Object.keys(samples[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, rounded(median(samples.map((sample) => sample[name] ?? Number.NaN)))])) as Figures;
};
