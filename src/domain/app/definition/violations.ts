/** Why a definition is refused, in Marathon's error body: `{message, details: [{path, errors}]}`. */
export type Invalid = {
  readonly status: 400 | 422;
  readonly message: string;
  readonly details: readonly { readonly path: string; readonly errors: readonly string[] }[];
};

/** Gathers every error with its path, `/container/portMappings(0)/name`; `/` is the app itself. */
export type Violations = {
  add(path: string, error: string): void;
  /** A field that was read past, such as a misspelt nested one. */
  ignore(path: string): void;
  readonly empty: boolean;
  readonly ignored: readonly string[];
  invalid(message: string): Invalid;
};

export const violations = (): Violations => {
  const byPath = new Map<string, string[]>();
  const ignored: string[] = [];
  return {
    add: (path, error) => {
      const at = path === '' ? '/' : path;
      const errors = byPath.get(at) ?? [];
      if (!errors.includes(error)) errors.push(error);
      byPath.set(at, errors);
    },
    ignore: (path) => ignored.push(path),
    get empty() {
      return byPath.size === 0;
    },
    ignored,
    invalid: (message) => ({ status: 422, message, details: [...byPath].map(([path, errors]) => ({ path, errors })) }),
  };
};
