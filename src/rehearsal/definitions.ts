import { either as E } from 'fp-ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { parseApp } from '../domain/app/definition/parse.ts';
import { learn } from '../domain/deployment/strategies/index.ts';
import { strategyProblems } from '../domain/deployment/strategies/problems.ts';
import type { LoadedStrategy } from '../strategyFiles.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The first version of an app as it is written, and the second: the same with another environment, deployed by the strategy.
 * @throws Error for a definition that is none, or parameters that the strategy does not take
 */
export const definitionsOf = (
  written: unknown,
  strategy: LoadedStrategy | string,
  parameters?: Json,
): { readonly first: AppDefinition; readonly second: AppDefinition } => {
  const name = typeof strategy === 'string' ? strategy : strategy.name;
  if (typeof strategy !== 'string') learn(strategy.spec);
  const app = written as { readonly env?: Json; readonly deployment?: { readonly strategy?: unknown; readonly parameters?: Json } };
  const { strategy: named, parameters: given, ...rest } = app.deployment ?? {};
  const own = named === name ? given : undefined;
  const { deployment: _, ...first } = app;
  return {
    first: parsed(first),
    second: parsed({
      ...app,
      env: { ...app.env, WHARF_REHEARSAL: '2' },
      deployment: { ...rest, strategy: name, parameters: parameters ?? own ?? {} },
    }),
  };
};

const parsed = (written: unknown): AppDefinition => {
  const read = parseApp(written, { strategyProblems });
  if (E.isRight(read)) return read.right;
  const { message, details } = read.left;
  throw new Error([message, ...details.map(({ path, errors }) => `${path}: ${errors.join(', ')}`)].join('\n'));
};
