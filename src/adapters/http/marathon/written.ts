import { either as E } from 'fp-ts';
import { z } from 'zod';
import { placementAskOf } from '../../../domain/app/definition/ask.ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { type CountNodes, type ParseOptions, readApp } from '../../../domain/app/definition/parse.ts';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { parentOf } from '../../../domain/group/tree.ts';
import { rolesIn } from '../../../domain/group/update.ts';
import { eligibleIn } from '../../../domain/placement/perNode.ts';
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

/** How many instances an app has that is to be on every node. */
export const countNodes =
  ({ views }: Engine): CountNodes =>
  (definition) =>
    eligibleIn(views.nodes, placementAskOf(definition)).length;

/** A definition from outside, with what is to be said about it. @throws Problem for a body that is none. */
export const writtenApp = (
  engine: Engine,
  body: unknown,
  options: Omit<ParseOptions, 'roles' | 'strategyProblems' | 'countNodes'>,
): Written => {
  const id = options.pathId ?? (body as { readonly id?: unknown } | null | undefined)?.id;
  const read = readApp(body, {
    ...options,
    roles: rolesFor(engine, id),
    strategyProblems: engine.strategyProblems,
    countNodes: countNodes(engine),
  });
  if (E.isLeft(read)) throw invalid(read.left);
  const { definition, advice } = read.right;
  return { definition, warnings: advice.map(({ path, text }) => `${definition.id}: ${path} ${text}`) };
};
