import { either as E } from 'fp-ts';
import { z } from 'zod';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { type ParseOptions, readApp } from '../../../domain/app/definition/parse.ts';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { parentOf } from '../../../domain/group/tree.ts';
import { rolesIn } from '../../../domain/group/update.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { invalid } from '../problem.ts';
import { flag } from '../queries.ts';

/** What every write that takes a definition understands besides its own parameters. */
export const writing = {
  strict: flag(false).describe('Refuses fields that are unknown, at any depth, instead of warning of them.'),
  restart: z
    .enum(['marathon'])
    .optional()
    .describe('Replaces instances after every change but of their number, as Marathon does; else only after those that need it.'),
};

export type Written = { readonly definition: AppDefinition; readonly warnings: readonly string[] };

/** The roles that an app or pod may have where it stands; what is wrong with an id is not for roles to say. */
export const rolesFor = ({ views }: Engine, id: unknown): readonly [string, ...string[]] =>
  typeof id === 'string' ? rolesIn(parentOf(absolutePathId(id)) ?? '/', views) : ['*'];

/** A definition from outside, with what is to be said about it. @throws Problem for a body that is none. */
export const writtenApp = (engine: Engine, body: unknown, options: Omit<ParseOptions, 'roles' | 'strategyProblems'>): Written => {
  const id = options.pathId ?? (body as { readonly id?: unknown } | null | undefined)?.id;
  const read = readApp(body, { ...options, roles: rolesFor(engine, id), strategyProblems: engine.strategyProblems });
  if (E.isLeft(read)) throw invalid(read.left);
  const { definition, advice } = read.right;
  return { definition, warnings: advice.map(({ path, text }) => `${definition.id}: ${path} ${text}`) };
};
