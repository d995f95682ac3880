import type { z } from 'zod';
import type { Violations } from './violations.ts';

/**
 * Readers of untyped JSON that speak play-json's error words (`error.expected.jsstring`, `error.min` …), since Marathon's
 * clients match on them. A reader that fails has said why and answers undefined; null counts as absent, as in Marathon.
 */
export type Reader<T> = (value: unknown, path: string, found: Violations) => T | undefined;
export type Read<R> = R extends Reader<infer T> ? T : never;

type TextRules = { readonly min?: number; readonly max?: number; readonly pattern?: RegExp | ((text: string) => boolean) };

export const text =
  ({ min, max, pattern }: TextRules = {}): Reader<string> =>
  (value, path, found) => {
    if (typeof value !== 'string') return fail(found, path, 'error.expected.jsstring');
    if (min !== undefined && value.length < min) return fail(found, path, 'error.minLength');
    if (max !== undefined && value.length > max) return fail(found, path, 'error.maxLength');
    if (pattern !== undefined && !(pattern instanceof RegExp ? pattern.test(value) : pattern(value)))
      return fail(found, path, 'error.pattern');
    return value;
  };

type Bounds = { readonly min?: number; readonly max?: number };

export const number =
  ({ min, max }: Bounds = {}): Reader<number> =>
  (value, path, found) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return fail(found, path, 'error.expected.jsnumber');
    if (min !== undefined && value < min) return fail(found, path, 'error.min');
    if (max !== undefined && value > max) return fail(found, path, 'error.max');
    return value;
  };

export const INT32_MAX = 2_147_483_647;

export const integer =
  ({ min, max = INT32_MAX }: Bounds = {}): Reader<number> =>
  (value, path, found) => {
    if (typeof value === 'number' && !Number.isInteger(value)) return fail(found, path, 'error.expected.int');
    return number({ ...(min === undefined ? {} : { min }), max })(value, path, found);
  };

export const port: Reader<number> = integer({ min: 0, max: 65_535 });

export const flag: Reader<boolean> = (value, path, found) =>
  typeof value === 'boolean' ? value : fail(found, path, 'error.expected.jsboolean');

/**
 * One of the literals, in any case (as Marathon reads its enumerations).
 * @param also other spellings in lower case, each with the literal that it means.
 */
export const oneOf =
  <const T extends string>(literals: readonly T[], also: Readonly<Record<string, T>> = {}): Reader<T> =>
  (value, path, found) => {
    const spelt = typeof value === 'string' ? value.toLowerCase() : '';
    const literal = literals.find((each) => each.toLowerCase() === spelt) ?? (Object.hasOwn(also, spelt) ? also[spelt] : undefined);
    return literal ?? fail(found, path, 'error.unknown.enum.literal');
  };

/** By a zod schema; for fields of our own, which no client of Marathon matches words of. */
export const bySchema =
  <T>(schema: z.ZodType<T>): Reader<T> =>
  (value, path, found) => {
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    for (const { path: inner, message } of read.error.issues)
      found.add(
        inner.reduce<string>((at, key) => (typeof key === 'number' ? `${at}(${key})` : `${at}/${String(key)}`), path),
        message,
      );
    return undefined;
  };

export const list =
  <T>(item: Reader<T>, { min = 0, unique = false } = {}): Reader<readonly T[]> =>
  (value, path, found) => {
    if (!Array.isArray(value)) return fail(found, path, 'error.expected.jsarray');
    if (value.length < min) return fail(found, path, 'error.minLength');
    const items = value.map((each, index) => item(each, `${path}(${index})`, found));
    if (items.some((each) => each === undefined)) return undefined;
    return (unique ? distinct(items) : items) as T[];
  };

/** Scala's Set: equal items collapse. */
const distinct = (items: readonly unknown[]): readonly unknown[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

export const record =
  <T>(item: Reader<T>): Reader<Readonly<Record<string, T>>> =>
  (value, path, found) => {
    if (!isObject(value)) return fail(found, path, 'error.expected.jsobject');
    const entries = Object.entries(value).map(([key, each]) => [key, item(each, `${path}/${key}`, found)] as const);
    return entries.some(([, each]) => each === undefined) ? undefined : (Object.fromEntries(entries) as Record<string, T>);
  };

export const anything: Reader<Readonly<Record<string, unknown>>> = (value, path, found) =>
  isObject(value) ? value : fail(found, path, 'error.expected.jsobject');

type Fields = Readonly<Record<string, Reader<unknown>>>;
export type ObjectOf<F extends Fields, R extends keyof F> = { readonly [K in R]: Read<F[K]> } & {
  readonly [K in Exclude<keyof F, R>]?: Read<F[K]>;
};

/** The known fields that are present; others are noted as ignored. */
export const object =
  <F extends Fields, const R extends keyof F = never>(fields: F, required: readonly R[] = []): Reader<ObjectOf<F, R>> =>
  (value, path, found) => {
    if (!isObject(value)) return fail(found, path, 'error.expected.jsobject');
    const result: Record<string, unknown> = {};
    let complete = true;
    for (const [name, reader] of Object.entries(fields)) {
      const raw = Object.hasOwn(value, name) ? value[name] : undefined;
      if (raw === undefined || raw === null) {
        if (!(required as readonly string[]).includes(name)) continue;
        fail(found, `${path}/${name}`, 'error.path.missing');
        complete = false;
        continue;
      }
      const read = reader(raw, `${path}/${name}`, found);
      if (read === undefined) complete = false;
      else result[name] = read;
    }
    for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) found.ignore(`${path}/${name}`, Object.keys(fields));
    return complete ? (result as ObjectOf<F, R>) : undefined;
  };

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fail = (found: Violations, path: string, error: string): undefined => {
  found.add(path, error);
  return undefined;
};
