import { placementAskOf } from '../../../domain/app/definition/ask.ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { type PortConflict, portConflicts } from '../../../domain/app/definition/portConflicts.ts';
import { lostNeeds } from '../../../domain/group/lostNeeds.ts';
import type { Tree } from '../../../domain/group/update.ts';
import type { Node } from '../../../domain/placement/node.ts';
import { isSurelyHeld, outlookOf, type Shortage } from '../../../domain/placement/outlook.ts';
import { poolNode } from '../../../domain/placement/poolNode.ts';
import type { PlacementRequest } from '../../../domain/placement/request.ts';
import type { Engine } from '../../../domain/ports/engine.ts';

/** Different asks of one request that are held against the pool, which takes time in proportion to its nodes; of more nothing is told. */
export const OUTLOOKS_MAX = 200;
/** Others that a warning names; the rest is counted. */
const NAMED_MAX = 3;

/**
 * What Marathon accepts without a word and users then wait for in vain, one sentence after the other, worked out as they are asked for.
 * @param written what a request wrote, with its ports chosen
 * @param all apps and pods as they are to be, the written ones among them
 */
export const forewarnings = function* (
  engine: Engine,
  written: readonly AppDefinition[],
  all: Iterable<AppDefinition>,
): Generator<string, undefined> {
  yield* outlooks(engine, written);
  for (const conflict of portConflicts(written, all)) yield sentenceOf(conflict);
  return undefined;
};

/** What the present pool cannot give. */
const outlooks = function* ({ views }: Engine, written: readonly AppDefinition[]): Generator<string> {
  let pool: readonly Node[] | undefined;
  const shortagesOf = (request: PlacementRequest): readonly Shortage[] => {
    if (isSurelyHeld(request, Iterator.from(views.nodes.all()).map(poolNode))) return [];
    pool ??= [...views.nodes.all()].map(poolNode);
    return outlookOf(request, pool);
  };
  const known = new Map<string, readonly Shortage[]>();
  for (const definition of written) {
    const { app: _, cohort: __, ...ask } = placementAskOf(definition);
    const key = JSON.stringify(ask);
    const shortages = known.get(key) ?? (known.size < OUTLOOKS_MAX ? shortagesOf(placementAskOf(definition)) : []);
    known.set(key, shortages);
    for (const { about, text } of shortages) yield `${definition.id}: /${about} cannot be satisfied by the present pool: ${text}`;
  }
};

/** Who stays and depends on what a change takes away: Marathon lets it go without a word. */
export const lossWarnings = (before: Tree, after: Tree): readonly string[] =>
  lostNeeds(before, after).map(
    ({ id, dependents }) => `${id}: is removed while ${namesOf(dependents)} ${dependents.length === 1 ? 'depends' : 'depend'} on it`,
  );

const sentenceOf = ({ app, kind, port, others }: PortConflict): string => {
  const named = namesOf(others);
  return kind === 'host'
    ? `${app}: host port ${port} is also that of ${named}: they cannot be on the same node`
    : `${app}: service port ${port} is also that of ${named}: a balancer that listens on it serves one of them`;
};

const namesOf = (ids: readonly string[]): string => {
  const rest = ids.length - NAMED_MAX;
  return `${ids.slice(0, NAMED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};
