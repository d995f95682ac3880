import { isObject } from '../../../../domain/app/definition/readers.ts';
import type { Remarks } from './remarks.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Variables in every text of a file, keys left alone, by the Compose Specification: `$NAME`, `${NAME}`, `${NAME:-default}` (also when
 * empty), `${NAME-default}` (only when unset), `:?` and `?` for a must, `:+` and `+` for a replacement; `$$` is a dollar. Defaults nest.
 */
export const interpolated = (value: unknown, variables: Variables, found: Remarks, path = ''): unknown => {
  if (typeof value === 'string') return textOf(value, variables, found, path);
  if (Array.isArray(value)) return value.map((each, i) => interpolated(each, variables, found, `${path}.${i}`));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, interpolated(each, variables, found, path === '' ? key : `${path}.${key}`)]),
  );
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

const textOf = (text: string, variables: Variables, found: Remarks, path: string): string => {
  let result = '';
  for (let rest = text; rest !== ''; ) {
    const at = rest.indexOf('$');
    if (at < 0) return result + rest;
    result += rest.slice(0, at);
    const after = rest.slice(at + 1);
    const name = NAME.exec(after)?.[0];
    if (after.startsWith('$')) {
      result += '$';
      rest = after.slice(1);
    } else if (name !== undefined) {
      result += plain(name, variables, found, path);
      rest = after.slice(name.length);
    } else if (after.startsWith('{')) {
      const end = closing(after);
      if (end === undefined) {
        found.refuse(path, `'${rest}' lacks its closing brace`);
        return result;
      }
      result += braced(after.slice(1, end), variables, found, path);
      rest = after.slice(end + 1);
    } else {
      found.refuse(path, `a '$' stands alone; write '$$' for one dollar`);
      return result;
    }
  }
  return result;
};

/** Where the brace at the start ends, those within counted. */
const closing = (text: string): number | undefined => {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') depth += 1;
    if (text[i] === '}') depth -= 1;
    if (depth === 0) return i;
  }
  return undefined;
};

const plain = (name: string, variables: Variables, found: Remarks, path: string): string => {
  const value = variables[name];
  if (value === undefined) found.note(path, `variable ${name} is not set; it is taken as empty`);
  return value ?? '';
};

const braced = (inside: string, variables: Variables, found: Remarks, path: string): string => {
  const name = NAME.exec(inside)?.[0];
  const [, operator, other = ''] = /^(:?[-?+])?(.*)$/s.exec(inside.slice(name?.length ?? 0)) ?? [];
  if (name === undefined || (operator === undefined && other !== '')) {
    found.refuse(path, `'\${${inside}}' is no variable`);
    return '';
  }
  if (operator === undefined) return plain(name, variables, found, path);
  const value = variables[name];
  const isGiven = operator.startsWith(':') ? (value ?? '') !== '' : value !== undefined;
  const alternative = (): string => textOf(other, variables, found, path);
  if (operator.endsWith('+')) return isGiven ? alternative() : '';
  if (isGiven) return value ?? '';
  if (operator.endsWith('-')) return alternative();
  found.refuse(path, `variable ${name} must be set${other === '' ? '' : `: ${alternative()}`}`);
  return '';
};
