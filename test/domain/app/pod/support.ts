import { either as E } from 'fp-ts';
import { type PodParseOptions, parsePod } from '../../../../src/domain/app/pod/parse.ts';
import type { PodApp } from '../../../../src/domain/app/pod/pod.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One container of a pod that is valid: a native command, unless the fields say otherwise. */
export const container = (fields: Fields = {}): Fields => ({
  name: 'web',
  resources: { cpus: 0.5, mem: 64 },
  exec: { command: { shell: 'serve' } },
  ...fields,
});

export const image = { kind: 'DOCKER', id: 'nginx:1' };

/** A pod of one image. */
export const podInput = (fields: Fields = {}, ofContainer: Fields = {}): Fields => ({
  id: '/shop/web',
  containers: [container({ image, ...ofContainer })],
  ...fields,
});

export const pod = (fields: Fields = {}, ofContainer: Fields = {}, options: PodParseOptions = {}): PodApp => {
  const result = parsePod(podInput(fields, ofContainer), options);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};

/** Paths with their errors; empty for a valid definition. */
export const errorsOf = (input: unknown, options: PodParseOptions = {}): Readonly<Record<string, readonly string[]>> => {
  const result = parsePod(input, options);
  return E.isRight(result) ? {} : Object.fromEntries(result.left.details.map(({ path, errors }) => [path, errors]));
};
