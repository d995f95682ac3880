/** JSON text that is the same for the same value: keys in the order of their code units, no space, nothing that is undefined (RFC 8785 for plain data). */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const record = value as Readonly<Record<string, unknown>>;
  const entries = Object.keys(record)
    .sort()
    .flatMap((key) => (record[key] === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(record[key])}`]));
  return `{${entries.join()}}`;
};
