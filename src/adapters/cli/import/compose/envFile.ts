import { interpolated, type Variables } from './interpolate.ts';
import { remarks } from './remarks.ts';

/**
 * The variables of an env file: `NAME=value` or `export NAME=value`, one per line. Single quotes keep a text as it is, double quotes let
 * `\n`, `\t`, `\"` and `\\` in, both may span lines; unquoted, ` #` begins a comment. Unless in single quotes, variables stand for
 * their values. A name alone is taken from the environment.
 */
export const variablesIn = (text: string, environment: Variables): Readonly<Record<string, string>> => {
  const variables: Record<string, string> = {};
  const LINE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:([=:])[ \t]*(?:'([^']*)'|"((?:\\.|[^"\\])*)"|([^\n]*)))?[^\n]*$/gm;
  for (const [, name = '', sign, single, double, bare] of text.replace(/\r\n?/g, '\n').matchAll(LINE)) {
    const known = { ...variables, ...environment };
    const written = (): string => filledIn(double === undefined ? bareOf(bare ?? '') : unescaped(double), known);
    const value = sign === undefined ? environment[name] : (single ?? written());
    if (value !== undefined) variables[name] = value;
  }
  return variables;
};

const bareOf = (text: string): string => text.replace(/(^|\s)#.*$/, '').trim();

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

const unescaped = (text: string): string => text.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);

/** A dollar that begins nothing is a dollar: passwords hold them. */
const filledIn = (text: string, variables: Variables): string => {
  const found = remarks();
  const filled = interpolated(text, variables, found) as string;
  return found.all.some(({ kind }) => kind === 'refused') ? text : filled;
};
