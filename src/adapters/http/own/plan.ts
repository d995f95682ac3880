import { z } from 'zod';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { Intent, Preview } from '../../../domain/ports/preview.ts';
import { changeFrom } from '../marathon/changes.ts';
import { withServicePorts } from '../marathon/chosenPorts.ts';
import { forewarnings } from '../marathon/forewarnings.ts';
import { writing } from '../marathon/written.ts';
import { wrong } from '../problem.ts';
import { flag, minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** Definitions that one preview takes. */
export const PLANNED_MAX = 50;

/** What a deployment would do. Nothing is written. */
export const servePlan = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'POST',
    url: '/v1/plan',
    schema: {
      summary: 'What deploying these definitions would do: differences, steps, places, and what would fail. Nothing is written.',
      tags: ['deployments'],
      querystring: z.object({ force: flag(false), minPosition, ...writing }),
      body: z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown())).min(1).max(PLANNED_MAX)]),
    },
    handler: async ({ body, query: { force, strict, restart } }) => {
      const changes = (Array.isArray(body) ? body : [body]).map((each) => {
        if (typeof each.id !== 'string') throw wrong('/id', 'error.path.missing');
        const id = absolutePathId(each.id);
        return changeFrom(engine, id, each, { partial: false, upsert: true, strict, restart })(engine.views.apps.get(id));
      });
      return withServicePorts(
        engine,
        changes.map(({ definition }) => definition),
        async (definitions) =>
          planOf(
            engine,
            changes.map(({ warnings: _, ...change }, nth): Intent => {
              const definition = definitions[nth] ?? change.definition;
              return { app: definition.id, command: { type: 'DeployApp', ...change, definition, deployment: engine.ids.next(), force } };
            }),
            changes.flatMap(({ warnings = [] }) => warnings),
          ),
      );
    },
  });
};

export type Plan = { readonly goes: boolean; readonly warnings: readonly string[]; readonly changes: readonly Preview[] };

/** Previews of some changes, with what Marathon would accept without a word. */
export const planOf = async (engine: Engine, intents: readonly Intent[], advice: readonly string[] = []): Promise<Plan> => {
  const changes = await engine.preview(intents);
  const written = intents.flatMap(({ command }) => (command.type === 'DeployApp' ? [command.definition] : []));
  const warnings = [...advice, ...forewarnings(engine, written, allWith(engine, written))];
  return { goes: changes.every(({ problems }) => problems.length === 0), warnings, changes };
};

const allWith = function* ({ views }: Engine, written: readonly AppDefinition[]): Generator<AppDefinition> {
  const ids = new Set(written.map(({ id }) => id));
  yield* written;
  for (const { id, definition } of views.apps.all()) if (!ids.has(id)) yield definition;
};
