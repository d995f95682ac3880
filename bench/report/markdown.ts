/** Columns whose first cell is an amount stand right. */
export const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = columns.map((_, nth) => (/^[\d.,]+(?: %| MiB)?$/.test(rows[0]?.[nth] ?? '') ? '---:' : '---'));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
};

/** So many digits as count: `12,345`, `0.0123`. */
export const amount = (value: number): string =>
  new Intl.NumberFormat('en', Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 }).format(value);

export const mebi = (bytes: number): string => `${amount(Math.round(bytes / 2 ** 20))} MiB`;

export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
