import { CliFailure, EXIT } from './failure.ts';
import { printable } from './render.ts';

type Body = {
  readonly message?: unknown;
  readonly details?: unknown;
  readonly deployments?: readonly { readonly id: string }[];
};

/** An answer that is no success, in Marathon's shape: its sentence, then what is wrong at which path. */
export const problemOf = (status: number, body: Body | undefined, where: string): CliFailure => {
  const message = printable(typeof body?.message === 'string' ? body.message : `the engine answered ${status}`);
  if (status === 401)
    return new CliFailure(`the engine at ${where} wants its token: set WHARF_TOKEN, or name its --data-dir`, { details: [] });
  if (status === 422 && Array.isArray(body?.details))
    return new CliFailure('this is not valid, and nothing was changed', { details: detailsOf(body.details) });
  const locks = (body?.deployments ?? []).map(({ id }) => `held by deployment ${id}; --force takes over from it`);
  return new CliFailure(locks.length > 0 ? 'another deployment of the app is running' : message, {
    exitCode: status === 503 ? EXIT.unreachable : EXIT.failed,
    details: [...locks, ...detailsOf(body?.details)],
  });
};

/** The keys that Marathon's parser answers where its validators have sentences. */
const IN_WORDS: Readonly<Record<string, string>> = {
  'error.expected.jsarray': 'must be a list',
  'error.expected.jsboolean': 'must be true or false',
  'error.expected.jsnumber': 'must be a number',
  'error.expected.jsobject': 'must be an object',
  'error.expected.jsstring': 'must be a text',
  'error.expected.int': 'must be a whole number',
  'error.max': 'is more than it may be',
  'error.min': 'is less than it may be',
  'error.path.missing': 'is missing',
  'error.pattern': 'does not look as it must',
  'error.unknown.enum.literal': 'is none of the values it may have',
};

/** `/cpus: must be a number`. */
export const inWords = (path: string, error: string): string => printable(`${path}: ${IN_WORDS[error] ?? error}`);

/** `[{path, errors}]` of a 422, or a sentence. */
const detailsOf = (details: unknown): readonly string[] => {
  if (typeof details === 'string') return [printable(details)];
  if (!Array.isArray(details)) return [];
  return details.flatMap(({ path = '/', errors = [] }: { readonly path?: string; readonly errors?: readonly string[] }) =>
    errors.map((error) => inWords(path, error)),
  );
};
