import { cycles, Edges, reaching } from './graph.ts';
import type { Move } from './moves.ts';
import { type ExploreOptions, optionsFrom } from './options.ts';
import { movesFrom, startsOf } from './paths.ts';
import { afterFact, atEnd, type Broken, inState } from './rules.ts';
import { diagramOf, storyOf } from './story.ts';
import { type AnyChart, Forgetful, keyOf, type World } from './world.ts';

export type Verdict = 'passes' | 'violated' | 'not exhausted';

/** A shortest way to where a rule is broken. */
export type Violation = Broken & {
  /** One sentence for each thing that happens. */
  readonly story: readonly string[];
  /** The same as a Mermaid sequence diagram. */
  readonly diagram: string;
};

export type Report = {
  readonly strategy: string;
  readonly verdict: Verdict;
  readonly instances: number;
  readonly faults: number;
  readonly states: number;
  /** Steps of the longest of the shortest ways. */
  readonly depth: number;
  readonly violation?: Violation;
  /** All of it in one sentence. */
  readonly says: string;
};

const PROGRESS_EVERY = 5000;
/** An edge that happens by itself carries the number of its kind from here on; below are marks. */
const STARTS = 0x8000;

/**
 * Walks every way that a deployment by this chart can take, up to so many instances and faults, breadth first. Production's own chart,
 * decider and conductor are driven; hosts, balancer and clock are models. It stops at the first broken rule.
 * @throws RangeError for options out of range
 */
export const explore = (chart: AnyChart, given: Partial<ExploreOptions> = {}): Report => {
  const options = optionsFrom(given);
  const numbers = new Map<string, number>();
  const [parents, labels, depths]: [number[], number[], number[]] = [[], [], []];
  const fair = new Edges();
  const kinds = new Map<string, number>();
  const ends: number[] = [];
  const waiting: World[] = [];
  const starts = startsOf(chart, options);
  let depth = 0;

  const wayTo = (state: number): readonly Move[] => {
    const taken: number[] = [];
    let at = state;
    for (; (parents[at] as number) >= 0; at = parents[at] as number) taken.unshift(labels[at] as number);
    let world = (starts[at] as { world: World }).world;
    return taken.map((nth) => {
      const move = movesFrom(chart, world, options)[nth] as Move;
      world = move.next;
      return move;
    });
  };
  const startOf = (state: number): string => {
    let at = state;
    while ((parents[at] as number) >= 0) at = parents[at] as number;
    return (starts[at] as { says: string }).says;
  };
  const report = (verdict: Verdict, violation?: Violation): Report => {
    const { instances, faults } = options;
    const seen = { strategy: chart.id, verdict, instances, faults, states: numbers.size, depth };
    return { ...seen, ...(violation !== undefined && { violation }), says: sentence(seen, violation) };
  };
  const violated = (state: number, broken: Broken, last?: Move, after: readonly string[] = []): Report => {
    const way = [...(broken.rule === 'same-history' ? [] : wayTo(state)), ...(last === undefined ? [] : [last])];
    return report('violated', {
      ...broken,
      story: storyOf(startOf(state), way, broken, after),
      diagram: diagramOf(startOf(state), way, broken),
    });
  };
  const add = (world: World, parent: number, label: number): number => {
    const key = keyOf(world);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(key, number);
    parents.push(parent);
    labels.push(label);
    depths.push(parent < 0 ? 0 : (depths[parent] as number) + 1);
    waiting.push(world);
    return number;
  };
  const possible = (world: World): readonly Move[] | Broken => {
    try {
      return inState(chart, world) ?? movesFrom(chart, world, options);
    } catch (error) {
      if (error instanceof Forgetful) return forgotten(error, world);
      throw error;
    }
  };
  const kindOf = (move: Move): number => {
    const known = kinds.get(move.kind) ?? kinds.size;
    kinds.set(move.kind, known);
    return known | ((move.starts ?? 0) > 0 ? STARTS : 0);
  };

  for (const { world } of starts) add(world, -1, 0);
  for (let state = 0; state < waiting.length; state++) {
    const world = waiting[state] as World;
    // What was expanded is not needed again: a way is walked anew where it must be told.
    waiting[state] = undefined as never;
    depth = depths[state] as number;
    if (state % PROGRESS_EVERY === 0) options.onProgress?.({ states: numbers.size, waiting: waiting.length - state, depth });
    if (chart.isFinal(world.deployment)) {
      ends.push(state);
      continue;
    }
    const moves = possible(world);
    if ('rule' in moves) return violated(state, moves);
    for (const [nth, move] of moves.entries()) {
      const broken = move.broken ?? brokenBy(chart, world, move, options);
      if (broken !== undefined) return violated(state, broken, move);
      if (numbers.size >= options.statesMax) return report('not exhausted');
      const next = add(move.next, state, nth);
      if (move.isFair) fair.add(state, next, kindOf(move));
    }
  }
  return livelinessOf();

  /** Everything was walked: whether every way can end, and nothing goes round for ever. */
  function livelinessOf(): Report {
    const good = reaching(fair.by(numbers.size, true), ends);
    const stuck = good.indexOf(0);
    if (stuck >= 0) {
      const still = wayOn(stuck);
      const what = still.length === 0 ? 'nothing can happen any more, and it has not ended' : 'from here on it can never end';
      return violated(stuck, { rule: 'stuck', what }, undefined, still);
    }
    const out = fair.by(numbers.size, false);
    for (const members of cycles(out)) {
      const ring = new Set(members);
      const first = Math.min(...members.slice(0, 10_000));
      const inside = new Set<number>();
      let hasStart = false;
      // Kinds of moves that can happen in every state of the ring, and lead out of it from each.
      let leading: Set<number> | undefined;
      for (const member of members) {
        const [leads, stays] = [new Set<number>(), new Set<number>()];
        for (let edge = out.first[member] as number; edge < (out.first[member + 1] as number); edge++) {
          const label = out.labels[edge] as number;
          const isInside = ring.has(out.ends[edge] as number);
          if (isInside) inside.add(label & ~STARTS);
          if (isInside && (label & STARTS) !== 0) hasStart = true;
          (isInside ? stays : leads).add(label & ~STARTS);
        }
        const outward = new Set([...leads].filter((kind) => !stays.has(kind)));
        leading = leading === undefined ? outward : new Set([...leading].filter((kind) => outward.has(kind)));
      }
      if (!hasStart && (leading?.size ?? 0) > 0) continue;
      const names = [...kinds].filter(([, number]) => inside.has(number)).map(([kind]) => kind);
      const what = hasStart ? 'it starts and stops instances for ever' : 'it goes round for ever without getting anywhere';
      return violated(first, { rule: 'hunting', what }, undefined, [`From here on it goes round for ever: ${names.join(', ')}.`]);
    }
    return report('passes');
  }

  function wayOn(state: number): readonly string[] {
    const way = wayTo(state);
    const last = way.at(-1)?.next ?? (starts[state] as { world: World }).world;
    const possible = movesFrom(chart, last, options).filter(({ isFair }) => isFair);
    return possible.length === 0 ? [] : [`All that can still happen by itself: ${possible.map(({ says }) => says()).join('; ')}.`];
  }
};

const brokenBy = (chart: AnyChart, world: World, move: Move, options: ExploreOptions): Broken | undefined => {
  const { next } = move;
  if (next.deployment === world.deployment) return undefined;
  return (
    afterFact(chart, world, next) ??
    (next.deployment.value.startsWith('releasing') && !world.deployment.value.startsWith('releasing')
      ? atEnd(chart, next, options)
      : undefined)
  );
};

const forgotten = ({ message }: Forgetful, { deployment }: World): Broken => ({
  rule: 'same-history',
  what: `in '${deployment.value}' the same ${message} leads elsewhere the second time: after a restart it would not be where it was`,
});

const sentence = (seen: Omit<Report, 'says' | 'violation'>, violation: Violation | undefined): string => {
  const { strategy, verdict, instances, faults, states, depth } = seen;
  const plural = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
  const bounds = `${plural(instances, 'instance')}, ${plural(faults, 'fault')}`;
  const size = `${plural(states, 'state')} (${depth} deep)`;
  if (verdict === 'passes') return `${strategy}: explored up to ${bounds}: ${size}, and no rule is broken.`;
  if (verdict === 'not exhausted') return `${strategy}: not exhausted: ${size} of ${bounds} were explored, and no rule is broken in these.`;
  return `${strategy}: broken after ${size} of ${bounds}: ${violation?.what}.`;
};
