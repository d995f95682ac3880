import { absolutePathId } from '../../../../domain/app/definition/pathId.ts';
import type { Json } from '../../client.ts';
import { isWithin, parentOf, type Wanted } from '../wanted.ts';

/** Where a copy says how many instances its original had, when it starts with another number. */
export const REMEMBERED = 'WHARF_IMPORTED_INSTANCES';

export type Placing = {
  /** Only what is at or below this id. */
  readonly only?: string;
  /** The group that everything goes below; ids and dependencies follow, nothing else does. */
  readonly into?: string;
  /** How many instances whatever is not there yet begins with. */
  readonly scaleTo?: number;
};

export type Placed = { readonly wanted: Wanted; readonly notes: readonly string[] };

/** What of the source is wanted, and where. `there` are the ids that exist at the target, whose scale stays theirs. */
export const placed = (source: Wanted, { only = '/', into = '/', scaleTo }: Placing, there: ReadonlyMap<string, Json>): Placed => {
  const chosen = {
    groups: source.groups.filter(({ id }) => isWithin(id, only)),
    apps: source.apps.filter(({ id }) => isWithin(id, only)),
    pods: source.pods.filter(({ id }) => isWithin(id, only)),
  };
  const move = (id: string): string => (into === '/' ? id : absolutePathId(`${into}${id}`));
  const moveAll = (ids: readonly string[]): readonly string[] => ids.map(move);
  const notes = into === '/' ? [] : [...mentions(chosen, move), ...lostRoles(chosen, into)];
  return {
    notes,
    wanted: {
      groups: chosen.groups.map(({ id, dependencies, enforceRole }) => ({
        id: move(id),
        dependencies: moveAll(dependencies),
        ...(enforceRole !== undefined && into === '/' && { enforceRole }),
      })),
      apps: chosen.apps.map((app) => {
        const moved = { ...app, id: move(app.id), ...(app.dependencies !== undefined && { dependencies: moveAll(app.dependencies) }) };
        return scaleTo === undefined ? moved : scaledApp(moved, scaleTo, there.get(moved.id));
      }),
      pods: chosen.pods.map((pod) => {
        const moved = { ...pod, id: move(pod.id), ...(pod.dependencies !== undefined && { dependencies: moveAll(pod.dependencies) }) };
        return scaleTo === undefined ? moved : scaledPod(moved, scaleTo, there.get(moved.id));
      }),
    },
  };
};

const scaledApp = (app: Json, scaleTo: number, there: Json | undefined): Json => {
  const original = app.instances ?? 1;
  if (there !== undefined) return { ...app, ...rememberedIn(there, app), instances: there.instances };
  return scaleTo === original ? app : { ...app, instances: scaleTo, labels: { ...app.labels, [REMEMBERED]: String(original) } };
};

const scaledPod = (pod: Json, scaleTo: number, there: Json | undefined): Json => {
  const original = pod.scaling?.instances ?? 1;
  if (there !== undefined) return { ...pod, ...rememberedIn(there, pod), scaling: there.scaling };
  if (scaleTo === original) return pod;
  return { ...pod, scaling: { kind: 'fixed', instances: scaleTo }, labels: { ...pod.labels, [REMEMBERED]: String(original) } };
};

const rememberedIn = (there: Json, wanted: Json): Json =>
  there.labels?.[REMEMBERED] === undefined ? {} : { labels: { ...wanted.labels, [REMEMBERED]: there.labels[REMEMBERED] } };

/** Texts that name what has moved: env and labels are the app's own words, which nobody else may change. */
const mentions = ({ apps, pods }: Wanted, move: (id: string) => string): readonly string[] => {
  const ids = new Set([...apps, ...pods].map(({ id }) => id as string));
  const inTexts = (owner: string, field: string, texts: Readonly<Record<string, unknown>> = {}): readonly string[] =>
    Object.entries(texts).flatMap(([key, text]) => {
      const named = typeof text === 'string' ? text.match(/(?:\/[a-z0-9][a-z0-9.-]*)+/g)?.find((id) => ids.has(id)) : undefined;
      return named === undefined
        ? []
        : [`${move(owner)}: ${field}.${key} names ${named}, which is ${move(named)} here; it is left as it is`];
    });
  return [...apps, ...pods].flatMap(({ id, env, environment, labels }) => [
    ...inTexts(id, 'env', env ?? environment),
    ...inTexts(id, 'labels', labels),
  ]);
};

const lostRoles = ({ groups }: Wanted, into: string): readonly string[] =>
  groups.flatMap(({ id, enforceRole }) =>
    enforceRole === true && parentOf(id) === '/' ? [`${into}${id}: enforceRole is left out, for only top-level groups have it`] : [],
  );
