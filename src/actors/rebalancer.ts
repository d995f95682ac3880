import { either as E } from 'fp-ts';
import { v5 as uuid5 } from 'uuid';
import { drainOf, graceOf } from '../domain/app/definition/leaving.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { INSTANCE, type InstanceFact } from '../domain/instance/instance.facts.ts';
import { INSTANCE_NAMESPACE, instanceName, isLive, phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { NODE } from '../domain/node/node.facts.ts';
import { requestOf } from '../domain/placement/account.ts';
import type { Ledger } from '../domain/placement/ledger.ts';
import { mayBeAway } from '../domain/placement/rebalance/protection.ts';
import { whyStays } from '../domain/placement/rebalance/scene.ts';
import { tryOut } from '../domain/placement/tryOut.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import type { RebalanceCommand } from '../domain/rebalance/rebalance.commands.ts';
import type { RebalanceFactOf } from '../domain/rebalance/rebalance.facts.ts';
import type { Debt, Effect } from './performer.ts';
import type { PlannedPlaces } from './plannedPlaces.ts';
import { engineCause, type Tell } from './tell.ts';

/** Moves of all plans that are under way at once. */
export const MOVES_UNDER_WAY_MAX = 20;

export type Rebalancer = {
  readonly move: Effect;
  take(batch: readonly Recorded[]): void;
};

type Move = RebalanceFactOf<'RebalanceBegan'>['moves'][number];
type Next =
  | { readonly does: 'wait' }
  /** Asked to leave already; what replaces it is not ready yet. */
  | { readonly does: 'await'; readonly successor: string }
  | { readonly does: 'go'; readonly row: InstanceRow }
  | { readonly does: 'done'; readonly instance: string; readonly node: string }
  | { readonly does: 'skip'; readonly because: string };

/** Why an instance was asked to leave: how a move knows its own after a restart. */
export const reasonOf = (rebalance: string, { from, to }: Pick<Move, 'from' | 'to'>): string =>
  `moved by rebalance ${rebalance} from ${from} to ${to}`;

/** Does the moves of a plan as long as the picture is the one that they were planned for. Compares at each look, and keeps nothing but hints. */
export const createRebalancer = (
  views: Views,
  clock: Clock,
  tell: Tell,
  ledger: Ledger,
  places: PlannedPlaces,
  instanceId: (name: string) => string = (name) => uuid5(name, INSTANCE_NAMESPACE),
): Rebalancer => {
  const debts = new Map<StreamName, Debt>();
  /** Apps that are looked after. */
  const apps = new Set<string>();
  /** Told to leave, and not to be seen as leaving yet. */
  const asked = new Map<string, string>();
  const reporting = new Set<string>();
  /** Those that places are planned for, by the rebalance. */
  const planned = new Map<StreamName, Set<string>>();
  let scheduled = false;

  const look = (): void => {
    if (scheduled) return;
    scheduled = true;
    clock.schedule(0, () => {
      scheduled = false;
      let underWay = 0;
      for (const debt of debts.values()) underWay = follow(debt, underWay);
    });
  };

  const follow = (debt: Debt, before: number): number => {
    const { moves, settled } = debt.params as { readonly moves: readonly Move[]; readonly settled: readonly number[] };
    const isSettled = new Set(settled);
    const open = moves.map((move, nth) => ({ move, nth })).filter(({ nth }) => !isSettled.has(nth));
    const wave = open[0]?.move.wave;
    let underWay = before;
    for (const { move, nth } of open) {
      if (move.wave !== wave) break;
      const next = nextOf(move, keyOf(debt.stream));
      if (next.does === 'skip') report(debt, { type: 'ReportMoveSkipped', move: nth, because: next.because });
      else if (next.does === 'done') report(debt, { type: 'ReportMoveCompleted', move: nth, instance: next.instance, node: next.node });
      else if (next.does === 'await') {
        plan(debt, next.successor, move);
        underWay++;
      } else if (next.does === 'go' && underWay < MOVES_UNDER_WAY_MAX && missesFewEnough(move.app)) {
        underWay++;
        plan(debt, successorOf(move, next.row.attempt), move);
        stop(debt, nth, move, next.row);
      }
    }
    return underWay;
  };

  /** What is to be done about one move, as things stand. */
  const nextOf = (move: Move, rebalance: string): Next => {
    const row = views.instances.get(move.instance);
    // What was told is to be seen a little later.
    if (asked.has(move.instance) && row?.stopReason === undefined && row !== undefined && isLive(row.state)) return { does: 'wait' };
    asked.delete(move.instance);
    if (row === undefined) return { does: 'skip', because: 'nobody knows it any more' };
    if (row.stopReason !== reasonOf(rebalance, move)) return nextOfStanding(move, row);
    const app = views.apps.get(move.app);
    const next = successor(move, row.attempt);
    if (next?.node !== undefined && phaseOf(next.state) === 'ready') return { does: 'done', instance: next.id, node: next.node };
    if (app === undefined) return { does: 'skip', because: 'it left, and its app is gone' };
    const { configVersion } = app.target;
    if (configVersion !== move.version || app.definition.instances <= move.slot)
      return { does: 'skip', because: 'it left, and a deployment has moved its app since' };
    return { does: 'await', successor: successorOf(move, row.attempt) };
  };

  const nextOfStanding = (move: Move, row: InstanceRow): Next => {
    if (!isLive(row.state)) return { does: 'skip', because: `it is ${row.state} by itself` };
    const because = whyStays(row, views.apps.get(row.app));
    if (because !== undefined) return { does: 'skip', because };
    if (row.node !== move.from) return { does: 'skip', because: `it is not on ${move.from} any more` };
    const definition = views.apps.definition(row.app, row.version);
    if (definition === undefined) return { does: 'skip', because: 'nobody knows what it is made of' };
    const leave = { kind: 'stop', filter: 'ports', text: '', stop: [row.id], ports: [] } as const;
    const failed = tryOut([leave], requestOf(definition, row.version), ledger, move.to);
    if (failed === undefined) return { does: 'skip', because: `${move.to} is not in the pool any more` };
    const [first] = failed;
    return first === undefined ? { does: 'go', row } : { does: 'skip', because: `${move.to} does not take it any more: ${first.because}` };
  };

  /** The app's budget as it is now: others may be missing for reasons of their own. */
  const missesFewEnough = (id: string): boolean => {
    const app = views.apps.get(id);
    if (app === undefined) return false;
    const { instances } = app.definition;
    const ready = views.instances.tallies(id)[app.target.configVersion]?.ready ?? 0;
    let leaving = 0;
    for (const of of asked.values()) if (of === id) leaving++;
    return instances - ready + leaving < mayBeAway(app.definition, instances);
  };

  const successorOf = ({ app, version, slot }: Move, attempt: number): string => instanceId(instanceName(app, version, slot, attempt + 1));

  /** Whoever stands in its slot; the first one may have failed in turn. */
  const successor = (move: Move, attempt: number): InstanceRow | undefined => {
    const first = views.instances.get(successorOf(move, attempt));
    if (first !== undefined && isLive(first.state)) return first;
    return views.instances
      .ofApp(move.app)
      .find((row) => row.version === move.version && row.slot === move.slot && row.attempt > attempt && isLive(row.state));
  };

  const plan = ({ stream }: Debt, instance: string, { to, instance: replaces }: Move): void => {
    const own = planned.get(stream) ?? new Set();
    planned.set(stream, own.add(instance));
    places.set(instance, { node: to, replaces });
  };

  const stop = (debt: Debt, nth: number, move: Move, { id, app, version }: InstanceRow): void => {
    const definition = views.apps.definition(app, version);
    const command: InstanceCommand = {
      type: 'StopInstance',
      reason: reasonOf(keyOf(debt.stream), move),
      signal: 'SIGTERM',
      drainMs: drainOf(definition),
      graceMs: graceOf(definition),
    };
    asked.set(id, app);
    tell(streamOf(INSTANCE, id), command, engineCause(debt.cause), (result) => {
      if (E.isLeft(result)) report(debt, { type: 'ReportMoveSkipped', move: nth, because: result.left.message });
      if (E.isLeft(result) || result.right.facts.length === 0) asked.delete(id);
      look();
    });
  };

  const report = (debt: Debt, command: Extract<RebalanceCommand, { readonly move: number }>): void => {
    const key = `${debt.stream} ${command.move}`;
    if (reporting.has(key)) return;
    reporting.add(key);
    tell(debt.stream, command, engineCause(debt.cause), (result) => {
      // A stream that stands still is not asked again: asking at every look would never end.
      if (E.isRight(result)) reporting.delete(key);
    });
  };

  return {
    move: {
      perform: (debt) => {
        debts.set(debt.stream, debt);
        for (const { app } of debt.params.moves as readonly Move[]) apps.add(app);
        look();
      },
      release: ({ stream }) => {
        debts.delete(stream);
        for (const instance of planned.get(stream) ?? []) places.forget(instance);
        planned.delete(stream);
        if (debts.size === 0) apps.clear();
      },
    },
    take: (batch) => {
      if (debts.size === 0) return;
      for (const { stream, fact } of batch) {
        const noun = nounOf(stream);
        if (noun === NODE) look();
        else if (noun === INSTANCE) {
          const app = views.instances.get(keyOf(stream))?.app ?? (fact as Extract<InstanceFact, { type: 'InstanceRequested' }>).app;
          if (apps.has(app)) look();
        } else if (noun === 'app' && apps.has(keyOf(stream))) look();
      }
    },
  };
};
