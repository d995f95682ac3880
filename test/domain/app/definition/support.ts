import { either as E } from 'fp-ts';
import type { AppDefinition } from '../../../../src/domain/app/definition/definition.ts';
import { type ParseOptions, parseApp } from '../../../../src/domain/app/definition/parse.ts';

/** A definition that is known to be valid. */
export const app = (fields: object = {}, options: ParseOptions = {}): AppDefinition => {
  const result = parseApp({ id: '/web', cmd: 'serve', ...fields }, options);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};

/** Paths with their errors; empty for a valid definition. */
export const errorsOf = (input: unknown, options: ParseOptions = {}): Readonly<Record<string, readonly string[]>> => {
  const result = parseApp(input, options);
  return E.isRight(result) ? {} : Object.fromEntries(result.left.details.map(({ path, errors }) => [path, errors]));
};
