import type { Violations } from '../definition/violations.ts';

/** The same violations, for rules of apps that name a field which stands elsewhere in a pod: paths below `from` are told below `to`. */
export const moved = (found: Violations, from: string, to: string): Violations => {
  const place = (path: string): string => (path.startsWith(from) ? `${to}${path.slice(from.length)}` : path);
  return {
    add: (path, error) => found.add(place(path), error),
    ignore: (path, known) => found.ignore(place(path), known),
    get empty() {
      return found.empty;
    },
    unknown: found.unknown,
    invalid: found.invalid,
  };
};
