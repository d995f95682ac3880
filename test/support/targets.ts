import type { SlotsByVersion } from '../../src/domain/app/app.facts.ts';
import type { Owed } from '../../src/domain/kernel/chart/state.ts';

/**
 * A world to perform what is owed upon: hosts, scheduler, conductor and observers, as far as an effect can be told from its repeat.
 * It counts deeds, so that an effect which is an increment shows.
 */
export type World = {
  /** By instance: started at most once, ever. */
  readonly containers: Readonly<Record<string, { readonly node: string; readonly starts: number; readonly running: boolean }>>;
  /** Names of all instances that were ever asked for. */
  readonly instances: readonly string[];
  /** Deployments begun, by their ids. */
  readonly deployments: readonly string[];
  /** Standing wishes by stream and kind: the last one counts. */
  readonly standing: Readonly<Record<string, unknown>>;
};

export const emptyWorld: World = { containers: {}, instances: [], deployments: [], standing: {} };

/** The world after everything owed was performed once more. */
export const perform = (world: World, stream: string, owed: readonly Owed[]): World =>
  owed.reduce((before, effect) => (DEEDS[effect.type] ?? unknownEffect)(before, stream, effect), world);

type Deed = (world: World, stream: string, effect: Owed) => World;

const unknownEffect: Deed = (_world, _stream, { type }) => {
  throw new Error(`nobody performs '${type}': say in test/support/targets.ts what it does to the world`);
};

const standing: Deed = (world, stream, { type, params }) => ({ ...world, standing: { ...world.standing, [`${stream} ${type}`]: params } });

const withAll = (known: readonly string[], names: readonly string[]): readonly string[] => [...new Set([...known, ...names])].sort();

const DEEDS: Readonly<Record<string, Deed>> = {
  place: standing,
  evict: standing,
  probe: standing,
  observe: standing,
  reconcile: standing,
  declareUnreachable: standing,
  declareGone: standing,
  watch: standing,
  traffic: standing,
  gates: standing,
  approval: standing,
  hook: standing,
  deadline: standing,
  release: standing,
  supersede: standing,
  hold: standing,
  advance: standing,
  settle: standing,
  move: standing,
  plan: (world, _stream, { params }) => {
    const { plans } = params as { plans: readonly { deployment: string }[] };
    return {
      ...world,
      deployments: withAll(
        world.deployments,
        plans.map(({ deployment }) => deployment),
      ),
    };
  },
  run: (world, stream, { params }) => {
    if (world.containers[stream] !== undefined) return world;
    const container = { node: String(params.node), starts: 1, running: true };
    return { ...world, containers: { ...world.containers, [stream]: container } };
  },
  stop: (world, stream) => {
    const container = world.containers[stream];
    return container === undefined ? world : { ...world, containers: { ...world.containers, [stream]: { ...container, running: false } } };
  },
  deploy: (world, _stream, { params }) => {
    const { deployment } = params.began as { deployment: string };
    return { ...world, deployments: withAll(world.deployments, [deployment]) };
  },
  want: (world, stream, effect) => {
    const { slots } = effect.params as { slots: SlotsByVersion };
    const names = Object.entries(slots).flatMap(([version, count]) => Array.from({ length: count }, (_, slot) => `${version} ${slot}`));
    return { ...standing(world, stream, effect), instances: withAll(world.instances, names) };
  },
};
