import Table from 'cli-table3';

const NARROWEST = 6;
const GAP = 2;

/** Without what a terminal would obey: names and messages come from anyone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be taken out.
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');

/** Columns without lines; cut to `width` where one is known, the widest column first. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[], width?: number): string => {
  const cells = rows.map((row) => row.map((cell) => printable(String(cell))));
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)) + GAP);
  if (width !== undefined) narrow(widths, width);
  const drawn = new Table({
    head: [...head],
    colWidths: widths,
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP, compact: true },
  });
  drawn.push(...cells.map((row) => [...row]));
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
};

const narrow = (widths: number[], width: number): void => {
  let excess = widths.reduce((sum, each) => sum + each, 0) - width;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
};

const BARE = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((name) =>
    ['', '-mid', '-left', '-right'].map((part) => [`${name}${part}`, '']),
  ),
);

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** `3m`: how long ago, in the largest unit that fits. */
export const age = (at: string | number | undefined, now: number): string => {
  if (at === undefined) return '-';
  const seconds = Math.max(0, Math.floor((now - new Date(at).getTime()) / 1000));
  for (const [unit, length] of UNITS) if (seconds >= length) return `${Math.floor(seconds / length)}${unit}`;
  return `${seconds}s`;
};

/** Enough of a UUID to tell it from others by eye. */
export const short = (uuid: string): string => uuid.slice(0, 8);

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
