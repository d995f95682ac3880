import { suggest } from './suggest.ts';

/** Why a definition is refused, in Marathon's error body: `{message, details: [{path, errors}]}`. */
export type Invalid = {
  readonly status: 400 | 422;
  readonly message: string;
  readonly details: readonly { readonly path: string; readonly errors: readonly string[] }[];
};

/** A field that nothing here knows, and the known one that it may be a slip of. */
export type Unknown = { readonly path: string; readonly suggestion?: string };

/** Gathers every error with its path, `/container/portMappings(0)/name`; `/` is the app itself. */
export type Violations = {
  add(path: string, error: string): void;
  /** A field that was read past, such as a misspelt nested one; `known` are those that there are beside it. */
  ignore(path: string, known?: readonly string[]): void;
  readonly empty: boolean;
  readonly unknown: readonly Unknown[];
  invalid(message: string): Invalid;
};

export const violations = (): Violations => {
  const byPath = new Map<string, string[]>();
  const unknown: Unknown[] = [];
  return {
    add: (path, error) => {
      const at = path === '' ? '/' : path;
      const errors = byPath.get(at) ?? [];
      if (!errors.includes(error)) errors.push(error);
      byPath.set(at, errors);
    },
    ignore: (path, known = []) => {
      const suggestion = suggest(path.slice(path.lastIndexOf('/') + 1), known);
      unknown.push({ path, ...(suggestion === undefined ? {} : { suggestion }) });
    },
    get empty() {
      return byPath.size === 0;
    },
    unknown,
    invalid: (message) => ({ status: 422, message, details: [...byPath].map(([path, errors]) => ({ path, errors })) }),
  };
};
