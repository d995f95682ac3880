/** Letters that may be added, left out, exchanged or swapped with their neighbour for a name still to be taken for a slip. */
const SLIPS_MAX = 2;
/** Longer names are not compared: none of ours comes near. */
const LENGTH_MAX = 64;

/** The known name that a misspelt one most likely means, whatever its case; undefined where none is near. */
export const suggest = (misspelt: string, known: readonly string[]): string | undefined => {
  if (misspelt.length > LENGTH_MAX) return undefined;
  const most = Math.min(SLIPS_MAX, Math.floor(misspelt.length / 3));
  let best: { readonly name: string; readonly slips: number } | undefined;
  for (const name of known) {
    if (Math.abs(name.length - misspelt.length) > most) continue;
    const slips = distance(misspelt.toLowerCase(), name.toLowerCase());
    if (slips <= most && (best === undefined || slips < best.slips)) best = { name, slips };
  }
  return best?.name;
};

/** Optimal string alignment: Levenshtein's distance with swapped neighbours as one slip. */
const distance = (a: string, b: string): number => {
  let [beforeLast, last]: [readonly number[], readonly number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
};
