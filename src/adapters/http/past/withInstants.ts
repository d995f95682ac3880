/** Fields that hold an instant, in ms, in the answers about the past. */
const INSTANTS: ReadonlySet<string> = new Set(['at', 'since', 'startedAt']);
/** Fields whose values are others' own: nothing is changed in them. */
const VERBATIM: ReadonlySet<string> = new Set(['from', 'to', 'data', 'policy', 'readings', 'byCause']);

/** A copy in which instants are written as ISO 8601, as everywhere in the API. */
export const withInstants = (value: unknown, write: (at: number) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => withInstants(item, write));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      if (INSTANTS.has(name) && typeof each === 'number') return [name, write(each)];
      const isMoment = (name === 'from' || name === 'to') && typeof each === 'object' && each !== null && 'position' in each;
      return [name, VERBATIM.has(name) && !isMoment ? each : withInstants(each, write)];
    }),
  );
};
