import { seededIds } from '../adapters/ids/seededIds.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import type { Command } from '../domain/kernel/decider.ts';
import { streamOf } from '../domain/kernel/ids.ts';
import type { Instant, Millis } from '../domain/kernel/units.ts';
import { NODE } from '../domain/node/node.facts.ts';
import { fieldOf } from '../domain/placement/node.ts';
import { poolNode } from '../domain/placement/poolNode.ts';
import type { PastLog } from '../domain/ports/past.ts';
import type { InstanceRow } from '../domain/ports/views.ts';
import type { PlanMove, PlanReport } from '../domain/ports/whatIf.ts';
import { livesIn } from '../history/whatIf/lives.ts';
import type { Script } from '../history/whatIf/script.ts';
import { type Fork, type ForkOptions, foldedViews, forkAt } from './fork.ts';
import { playedHost } from './playedHost.ts';
import { type Teller, tellerOf } from './told.ts';

/** Facts that are looked back over for how long starts take, at most. */
const LOOK_BACK = 50_000;
const STEP_MS = 1_000;
const RETRIED_WITHIN_MS = 5_000;
/** Longest time that is simulated, ms. */
export const PLAN_LIMIT_MS = 2 * 3_600_000;
/** A drained instance whose replacement does not get ready holds the next one of its app up for so long at most, ms. */
const PATIENCE_MS = 600_000;

export type PlanOptions = Pick<ForkOptions, 'seed'> & {
  readonly at?: Instant;
  readonly position?: number;
  readonly limitMs?: Millis;
  /** A new copy of the views as of the position. */
  readonly views?: () => ReturnType<typeof foldedViews>;
};

/** What would become of the cluster if a node were drained: cordoned, and each app's instances there stopped one after the other, the next one when the app is whole again. @throws Error for a node that is not in the pool */
export const planDrain = (past: PastLog, node: string, options: PlanOptions = {}): Promise<PlanReport> =>
  planned(
    past,
    `drain ${node}`,
    (fork) => [requireNode(fork, node)],
    options,
    async (fork, teller, victims) => {
      await teller.tell(streamOf(NODE, node), { type: 'CordonNode', reason: 'a plan' } as Command);
      return drainer(fork, teller, victims);
    },
  );

/** What would become of it if nodes were lost at once: a node's name, or `attribute=value`, `zone=…`, `region=…`. @param isForGood removed instead of out of reach */
export const planLose = (
  past: PastLog,
  selector: string,
  options: PlanOptions & { readonly isForGood?: boolean } = {},
): Promise<PlanReport> =>
  planned(
    past,
    `lose ${selector}`,
    (fork) => selected(fork, selector),
    options,
    async (fork, teller, _, nodes) => {
      for (const node of nodes) {
        fork.controls(node).partition();
        const command = options.isForGood
          ? { type: 'RemoveNode', reason: 'a plan' }
          : { type: 'ReportNodeSilent', reason: 'a plan', failures: 3 };
        await teller.tell(streamOf(NODE, node), command as Command);
      }
      return () => {};
    },
  );

type Begin = (fork: Fork, teller: Teller, victims: readonly InstanceRow[], nodes: readonly string[]) => Promise<() => void>;

const planned = async (
  past: PastLog,
  what: string,
  choose: (fork: Fork) => readonly string[],
  { seed = 1, at, position = past.head(), limitMs = PLAN_LIMIT_MS, views = () => foldedViews(past, position) }: PlanOptions,
  begin: Begin,
): Promise<PlanReport> => {
  const script = recentLives(past, position, views());
  const fork = await forkAt(past, position, {
    seed,
    isTold: true,
    views: views(),
    ...(at !== undefined && { at }),
    around: (node, host, clock) => playedHost(node, host, script.lives, clock),
  });
  const teller = await tellerOf(fork, script, seededIds(seed + 1));
  try {
    const nodes = choose(fork);
    const { instances } = fork.engine.views;
    const victims = nodes.flatMap((node) => instances.onNode(node)).filter(({ state }) => COUNTED.has(phaseOf(state)));
    const floors = floorsOf(fork, victims);
    const began = fork.clock.now();
    const look = await begin(fork, teller, victims, nodes);
    let settledAt = began;
    let isOver = false;
    while (!isOver && fork.clock.now() - began < limitMs) {
      look();
      await fork.settle();
      floors.look();
      isOver = victims.every((victim) => isSettled(fork, victim));
      if (!isOver) await fork.clock.advanceSettling(fork.clock.now() + STEP_MS);
      settledAt = fork.clock.now();
    }
    // What came free last is tried once more for those that found no place.
    await fork.clock.advanceSettling(fork.clock.now() + RETRIED_WITHIN_MS);
    const moves = victims.map((victim) => moveOf(fork, victim, began));
    return {
      what,
      at: began,
      position,
      nodes,
      moved: moves.filter(({ to }) => to !== undefined),
      unplaced: moves.filter(({ to }) => to === undefined),
      tookMs: settledAt - began,
      isUnfinished: !isOver,
      belowMinimum: floors.below(),
    };
  } finally {
    await teller.close();
    await fork.close();
  }
};

const COUNTED: ReadonlySet<string> = new Set(['coming', 'ready', 'up', 'unseen']);

const recentLives = (past: PastLog, position: number, views: ReturnType<typeof foldedViews>): Script => ({
  requests: [],
  hosts: [],
  scalings: [],
  verdicts: new Map(),
  // What happened to those that run is over; how long their starts took is what is asked for.
  lives: withoutEnds(livesIn(past.between(Math.max(0, position - LOOK_BACK), position), views.instances.all(), () => false)),
});

/** Nothing crashes in a plan, and every start succeeds: only what is planned happens. */
const withoutEnds = (lives: Script['lives']): Script['lives'] => {
  const calm = <A extends ReturnType<Script['lives']['of']>>({ failure: _, events, ...life }: A) => ({
    ...life,
    events: events.filter(({ fact }) => fact.type === 'InstanceBecameReady').slice(0, 1),
  });
  return {
    of: (id, app, version) => calm(lives.of(id, app, version)),
    recorded: (id) => {
      const life = lives.recorded(id);
      return life === undefined ? undefined : calm(life);
    },
  };
};

const requireNode = ({ engine }: Fork, node: string): string => {
  if (engine.views.nodes.get(node) === undefined) throw new Error(`there is no node '${node}' in the pool`);
  return node;
};

const selected = (fork: Fork, selector: string): readonly string[] => {
  const equals = selector.indexOf('=');
  if (equals < 0) return [requireNode(fork, selector)];
  const [name, value] = [selector.slice(0, equals), selector.slice(equals + 1)];
  const field = name === 'zone' || name === 'region' ? `@${name}` : name === 'node' ? '@node' : name;
  const nodes = [...fork.engine.views.nodes.all()].filter((row) => fieldOf(poolNode(row), field) === value).map(({ id }) => id);
  if (nodes.length === 0) throw new Error(`no node has ${selector}`);
  return nodes;
};

/** Stops the victims app by app. */
const drainer = (fork: Fork, teller: Teller, victims: readonly InstanceRow[]): (() => void) => {
  const byApp = new Map<
    string,
    { readonly left: InstanceRow[]; readonly ready: number; now?: { readonly row: InstanceRow; readonly since: Instant } }
  >();
  for (const row of victims) {
    const known = byApp.get(row.app) ?? { left: [], ready: readyOf(fork, row.app) };
    known.left.push(row);
    byApp.set(row.app, known);
  }
  return () => {
    for (const [app, drain] of byApp) {
      const { now, left } = drain;
      const isDone =
        now === undefined ||
        fork.clock.now() - now.since >= PATIENCE_MS ||
        (isSettled(fork, now.row) && (readyOf(fork, app) >= drain.ready || successorOf(fork, now.row)?.deferred !== undefined));
      if (!isDone) continue;
      const row = left.shift();
      if (row === undefined) continue;
      drain.now = { row, since: fork.clock.now() };
      void teller.tell(streamOf('instance', row.id), {
        type: 'StopInstance',
        reason: 'a plan',
        signal: 'SIGTERM',
        drainMs: row.hostPorts.length > 0 ? 1_000 : 0,
        graceMs: GRACE_MS,
      } as Command);
    }
  };
};
const GRACE_MS = 3_000;

const readyOf = ({ engine }: Fork, app: string): number =>
  engine.views.instances.ofApp(app).filter(({ state }) => phaseOf(state) === 'ready').length;

/** The one that has its slot now. */
const successorOf = ({ engine }: Fork, { id, app, version, slot, attempt }: InstanceRow): InstanceRow | undefined =>
  engine.views.instances
    .ofApp(app)
    .find(
      (row) => row.id !== id && row.version === version && row.slot === slot && row.attempt > attempt && phaseOf(row.state) !== 'leaving',
    );

/** Replaced by one that serves, or that finds no place; or nobody wants it any more. */
const isSettled = (fork: Fork, victim: InstanceRow): boolean => {
  const row = fork.engine.views.instances.get(victim.id);
  const isGone = row === undefined || ['ended', 'forsaken'].includes(phaseOf(row.state));
  const next = successorOf(fork, victim);
  if (next !== undefined) return next.deferred !== undefined || phaseOf(next.state) === 'ready';
  const { instances = 0 } = fork.engine.views.apps.get(victim.app)?.definition ?? {};
  return isGone && fork.engine.views.instances.ofApp(victim.app).length >= instances + 1;
};

const moveOf = (fork: Fork, victim: InstanceRow, began: Instant): PlanMove => {
  const { app, slot, id: instance, node: from = '' } = victim;
  const next = successorOf(fork, victim);
  const about = { app, slot, instance, from };
  if (next === undefined) {
    const state = fork.engine.views.instances.get(instance)?.state ?? 'gone';
    const because = state.startsWith('unreachable')
      ? 'it is waited for with its node'
      : state === 'gone'
        ? 'nobody wants it any more'
        : `it is ${state}`;
    return { ...about, because };
  }
  if (next.node === undefined) return { ...about, excluded: next.deferred?.excluded ?? {} };
  const servedAt = next.readyAt ?? next.startedAt;
  return { ...about, to: next.node, ...(servedAt !== undefined && { afterMs: servedAt - began }) };
};

/** Watches how many of each app are ready. */
const floorsOf = (fork: Fork, victims: readonly InstanceRow[]) => {
  const least = new Map([...new Set(victims.map(({ app }) => app))].map((app) => [app, readyOf(fork, app)]));
  return {
    look: (): void => {
      for (const [app, count] of least) least.set(app, Math.min(count, readyOf(fork, app)));
    },
    below: (): PlanReport['belowMinimum'] =>
      [...least].flatMap(([app, count]) => {
        const definition = fork.engine.views.apps.get(app)?.definition;
        if (definition === undefined) return [];
        const minimum = Math.ceil(definition.instances * definition.upgradeStrategy.minimumHealthCapacity);
        return count < minimum ? [{ app, minimum, least: count, wanted: definition.instances }] : [];
      }),
  };
};
