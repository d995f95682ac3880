/**
 * Fills `{{app}}` and `{{version}}` into a query of Prometheus. What stands in a label there may hold no quote, backslash or line break:
 * these are written as escapes that are read alike in single and in double quotes.
 */
export const fillQuery = (query: string, values: { readonly app: string; readonly version: string }): string =>
  query.replace(/\{\{\s*(app|version)\s*\}\}/g, (_, name: 'app' | 'version') => escaped(values[name]));

const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these may not stand in a string of a query.
  text.replace(/[\\"'`{}\u0000-\u001f\u007f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
