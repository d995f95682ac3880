import { z } from 'zod';
import { graphOf, mermaidOfGraph, wholeGraphOf } from '../../../domain/deployment/kit/graph.ts';
import type { AnyStrategy } from '../../../domain/deployment/kit/strategy.ts';
import { builtIn, nameOf, specOf, strategies, strategyCalled, whyBroken } from '../../../domain/deployment/strategies/index.ts';
import { mermaidOf } from '../../../domain/kernel/chart/draw.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { StrategyRow } from '../../../domain/ports/views.ts';
import { notFound } from '../problem.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const tags = ['strategies'];

/** How deployments move: the built-in strategies and those that operators registered. */
export const serveStrategies = (server: Server, { engine, refusedStrategies }: Surroundings): void => {
  const rows = (): readonly StrategyRow[] => [...engine.views.strategies.all()];

  server.route({
    method: 'GET',
    url: '/v1/strategies',
    schema: {
      summary: 'Strategies that an app may name, with their parameters; and the files that were refused.',
      tags,
      querystring: z.object({ minPosition }),
    },
    handler: async () => ({
      strategies: [...builtIn.map(builtInJson), ...rows().map(registeredJson)],
      refused: refusedStrategies,
    }),
  });

  server.route({
    method: 'GET',
    url: '/v1/strategies/:name',
    schema: {
      summary: 'One strategy by its name (the newest version) or id, drawn, with its text.',
      tags,
      params: z.object({ name: z.string() }),
      querystring: z.object({ minPosition }),
    },
    handler: async ({ params: { name } }) => {
      const named = rows().filter((row) => row.id === name || row.name === name);
      const row = named.toSorted((a, b) => a.version - b.version).at(-1);
      const spec = specOf(row?.id ?? name) ?? strategyCalled(name);
      if (row === undefined && spec === undefined) throw notFound(`Strategy '${name}' does not exist`);
      const told = row === undefined ? builtInJson(spec as AnyStrategy) : { ...registeredJson(row), source: row.source };
      return { strategy: { ...told, ...(spec !== undefined && drawn(spec)) } };
    },
  });
};

const builtInJson = (spec: AnyStrategy) => ({ ...told(spec.id, spec.description, spec), from: 'built-in' });

const registeredJson = ({ id, description, file, sha256, explored, uncheckedBecause, at }: StrategyRow) => {
  const problem = whyBroken(id);
  return {
    ...told(id, description, specOf(id)),
    from: 'registered',
    file,
    sha256,
    registeredAt: isoInstant(at),
    ...(explored !== undefined && { explored }),
    ...(uncheckedBecause !== undefined && { uncheckedBecause }),
    ...(problem !== undefined && { problem }),
  };
};

const told = (id: string, description: string, spec: AnyStrategy | undefined) => ({
  id,
  name: nameOf(id),
  version: Number(id.slice(id.lastIndexOf('.v') + 2)),
  description,
  ...(spec !== undefined && { parameters: parametersOf(spec) }),
});

/** JSON schema of what an app may say in `deployment.parameters`. */
const parametersOf = ({ parameters }: AnyStrategy): object =>
  parameters === undefined
    ? { type: 'object', properties: {}, additionalProperties: false }
    : z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });

const drawn = (spec: AnyStrategy) => {
  const graph = graphOf(spec);
  const chart = strategies[spec.id];
  return {
    graph,
    mermaid: mermaidOfGraph(graph),
    ...(chart !== undefined && { mermaidWhole: mermaidOf(chart), graphWhole: wholeGraphOf(spec, chart) }),
  };
};
