import { either as E } from 'fp-ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { mayBeMissing } from '../domain/app/definition/disruptionBudget.ts';
import { drainOf, graceOf } from '../domain/app/definition/leaving.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import type { InstanceFactOf } from '../domain/instance/instance.facts.ts';
import { holdsResources, isLive, phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import { cohortOf, requestOf } from '../domain/placement/account.ts';
import { firstFailing } from '../domain/placement/filters.ts';
import type { Ledger } from '../domain/placement/ledger.ts';
import { heldName, holdPlace, type Nomination } from '../domain/placement/nomination.ts';
import type { Placement } from '../domain/placement/place.ts';
import { fitsWithout, type Holder, type Sacrifice, sacrifices } from '../domain/placement/preemption.ts';
import { needOf, type PlacementRequest, reservationFor } from '../domain/placement/request.ts';
import { spread } from '../domain/placement/scores.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import type { Debt, Effect } from './performer.ts';
import type { Ranks } from './ranks.ts';
import { engineCause, type Tell } from './tell.ts';

/** Instances that were asked to leave for others and have not ended, over all apps: what is beyond that waits. */
export const LEAVING_FOR_OTHERS_MAX = 200;
/** How long a class of requests that made nobody leave is not looked at again, ms: budgets may be free by then. */
export const RECONSIDER_AFTER_MS = 5000;
/** How long a place is held beyond what those who leave it may take, ms. */
export const PATIENCE_MS = 60_000;

type Victim = InstanceFactOf<'InstanceNominated'>['victims'][number];

export type Preemption = {
  readonly evict: Effect;
  /** These are alike and found no place; whoever gets one held is no longer waiting for any other. */
  consider(request: PlacementRequest, debts: readonly Debt[]): void;
  /** A place is owed where others leave it. */
  hold(debt: Debt): void;
  release(stream: StreamName): void;
  /** An instance holds nothing any more; called before anybody else gets what it held. */
  ended(instance: string): void;
  takeNode(id: string): void;
};

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly ledger: Ledger;
  readonly ranks: Ranks;
  /** It has its place in the ledger. */
  placed(debt: Debt, placement: Placement): void;
  /** A place is held for it: it does not wait for any other. */
  settled(debt: Debt): void;
};

/** Makes room for those who find no place where others of lower priority stand, and holds it for them until these have ended. */
export const createPreemption = ({ views, clock, tell, ledger, ranks, placed, settled }: Ports): Preemption => {
  /** By instance: the debt is missing until the log has taken the nomination. */
  const nominations = new Map<string, { readonly nomination: Nomination; debt?: Debt }>();
  /** Whom each victim leaves for. */
  const claimed = new Map<string, string>();
  /** Who could not be helped, to be looked at once more: budgets keep nobody for ever. */
  const blocked = new Map<StreamName, Debt>();
  let alarmed = false;
  /** Somebody waits for nothing but that fewer are on their way out. */
  let full = false;

  const consider: Preemption['consider'] = (request, debts) => {
    const { priority = 0 } = request;
    if (!ranks.isAnyBelow(priority)) return;
    let open: readonly Debt[] = debts.filter(
      ({ stream }) => !blocked.has(stream) && !nominations.has(keyOf(stream)) && !ledger.holds(keyOf(stream)),
    );
    while (open.length > 0) {
      const before = open.length;
      open = nominate(request, open);
      if (open.length === before) break;
    }
    for (const debt of open) blocked.set(debt.stream, debt);
    if (open.length > 0) lookAgainLater();
  };

  /** As many as there are different places for; those that are left over. */
  const nominate = (request: PlacementRequest, debts: readonly Debt[]): readonly Debt[] => {
    const { priority = 0 } = request;
    const [, version = ''] = request.cohort?.split(' ') ?? [];
    // What fails to start would make others leave over and over, and never stay itself.
    if ((views.instances.failures(request.app, version)?.count ?? 0) > 0) return debts;
    const need = needOf(request);
    const preemptor = { need, priority, mayLose };
    const ways = sacrifices(ledger, preemptor, rowsBelow(priority), holdersOn);
    let next = 0;
    return debts.filter((debt) => {
      for (let way = ways[next++]; way !== undefined; way = ways[next++]) {
        if (!isStillGood(way, preemptor)) continue;
        claim(request, debt, way);
        return false;
      }
      return true;
    });
  };

  /** What was claimed since may have taken the budget, the room, or one of the victims. */
  const isStillGood = ({ row, victims }: Sacrifice, { need }: { readonly need: ReturnType<typeof needOf> }): boolean => {
    const fresh = victims.filter(({ leaving }) => !leaving);
    if (claimed.size + fresh.length > LEAVING_FOR_OTHERS_MAX) {
      full = true;
      return false;
    }
    if (victims.some(({ held }) => claimed.has(held.instance))) return false;
    const perApp = Map.groupBy(fresh, ({ held }) => held.app);
    return [...perApp].every(([app, of]) => of.length <= mayLose(app)) && fitsWithout(ledger, row, need, victims);
  };

  const claim = (request: PlacementRequest, debt: Debt, { row, victims }: Sacrifice): void => {
    const instance = keyOf(debt.stream);
    const node = ledger.at(row).id;
    const leavers = victims.map(({ held, priority }): Victim => ({ instance: held.instance, app: held.app, priority }));
    const nomination: Nomination = { instance, node, victims: leavers.map((each) => each.instance), request };
    nominations.set(instance, { nomination });
    for (const victim of nomination.victims) claimed.set(victim, instance);
    holdPlace(nomination, ledger);
    settled(debt);
    const command: InstanceCommand = {
      type: 'NominateInstance',
      entryRevision: debt.entryRevision,
      node,
      priority: request.priority ?? 0,
      victims: leavers,
      patienceMs: PATIENCE_MS + Math.max(...victims.map(({ held }) => leavingTakes(views.apps.get(held.app)?.definition))),
    };
    tell(debt.stream, command, engineCause(debt.cause), (result) => {
      if (E.isLeft(result) || result.right.facts.length === 0) letGo(instance);
    });
  };

  const letGo = (instance: string): void => {
    const held = nominations.get(instance);
    if (held === undefined) return;
    nominations.delete(instance);
    for (const victim of held.nomination.victims) if (claimed.get(victim) === instance) claimed.delete(victim);
    ledger.remove(heldName(instance));
  };

  const hold = (debt: Debt): void => {
    const { app, version, held } = debt.params as { app: string; version: string; held: { node: string; victims: readonly string[] } };
    const definition = views.apps.definition(app, version);
    if (definition === undefined) return;
    const instance = keyOf(debt.stream);
    const nomination: Nomination = { instance, ...held, request: requestOf(definition, version) };
    nominations.set(instance, { nomination, debt });
    for (const victim of held.victims) claimed.set(victim, instance);
    look(instance);
  };

  /** Goes on waiting, or takes the place that is whole now. */
  const look = (instance: string): void => {
    const held = nominations.get(instance);
    if (held === undefined) return;
    const { nomination, debt } = held;
    if (holdPlace(nomination, ledger) || debt === undefined) return;
    const need = needOf(nomination.request);
    const row = ledger.rowOf(nomination.node);
    const failing = row === undefined ? undefined : firstFailing(ledger, row, need);
    letGo(instance);
    if (row === undefined || failing !== undefined) {
      const why = row === undefined ? 'the node is gone' : (failing?.explain(ledger, row, need) ?? '');
      lapse(debt, nomination.node, why);
      return;
    }
    const { hostPorts: wanted } = nomination.request;
    const hostPorts = wanted.length === 0 ? wanted : ledger.ports(row).choose(wanted, ledger.fixedPorts);
    const score = spread(ledger, row, need);
    ledger.add(reservationFor(nomination.request, { instance, node: nomination.node, ports: hostPorts }));
    placed(debt, { instance, node: nomination.node, hostPorts, explanation: { considered: 1, excluded: {}, score } });
  };

  const lapse = (debt: Debt, node: string, why: string): void => {
    const command: InstanceCommand = { type: 'LapseNomination', entryRevision: debt.entryRevision, node, why };
    tell(debt.stream, command, engineCause(debt.cause));
  };

  /** By the rows of those apps alone whose priority is lower. */
  const rowsBelow = function* (priority: number): Generator<number> {
    const seen = new Set<number>();
    for (const app of ranks.below(priority))
      for (const version of Object.keys(views.instances.tallies(app)))
        for (const [row] of ledger.cohort(cohortOf(app, version)).rows())
          if (!seen.has(row)) {
            seen.add(row);
            yield row;
          }
  };

  const holdersOn = (row: number): readonly Holder[] => {
    const node = ledger.at(row).id;
    return views.instances.onNode(node).flatMap((each) => holderOf(each, node) ?? []);
  };

  const holderOf = (row: InstanceRow, node: string): Holder | undefined => {
    const held = ledger.reservation(row.id);
    if (held?.node !== node || claimed.has(row.id)) return undefined;
    const leaving = phaseOf(row.state) === 'leaving';
    const definition = views.apps.definition(row.app, row.version);
    // Whoever can be nowhere else is not sent away.
    if (!leaving && (definition === undefined || definition.residency !== undefined || !isLive(row.state) || !holdsResources(row.state)))
      return undefined;
    return { held, priority: definition?.priority ?? 0, since: row.startedAt ?? row.requestedAt, leaving };
  };

  /** What an app's budget leaves: those of its instances that do not serve are missing, whyever. */
  const mayLose = (app: string): number => {
    const row = views.apps.get(app);
    const budget = row?.definition.disruptionBudget;
    if (row === undefined || budget === undefined) return Number.POSITIVE_INFINITY;
    const wanted = row.target.instances;
    const ready = Object.values(views.instances.tallies(app)).reduce((sum, tally) => sum + tally.ready, 0);
    let asked = 0;
    for (const victim of claimed.keys()) {
      const instance = views.instances.get(victim);
      if (instance?.app === app && phaseOf(instance.state) === 'ready') asked += 1;
    }
    return mayBeMissing(budget, wanted) - Math.max(0, wanted - ready) - asked;
  };

  const lookAgainLater = (): void => {
    if (alarmed || blocked.size === 0) return;
    alarmed = true;
    clock.schedule(RECONSIDER_AFTER_MS, () => {
      alarmed = false;
      lookAgain();
    });
  };

  const lookAgain = (): void => {
    full = false;
    const again = [...blocked.values()];
    blocked.clear();
    for (const debts of Map.groupBy(again, ({ params }) => cohortOf(String(params.app), String(params.version))).values()) {
      const { app, version } = (debts[0] as Debt).params as { app: string; version: string };
      const definition = views.apps.definition(app, version);
      if (definition !== undefined) consider(requestOf(definition, version), debts);
    }
  };

  const evict: Effect = {
    perform: (debt) => {
      const { app, priority, victims } = debt.params as { app: string; priority: number; victims: readonly Victim[] };
      for (const victim of victims) {
        const definition = views.apps.get(victim.app)?.definition;
        const command: InstanceCommand = {
          type: 'StopInstance',
          reason: `makes room for instance ${keyOf(debt.stream)} of ${app}, which has priority ${priority} over ${victim.priority}`,
          signal: 'SIGTERM',
          drainMs: drainOf(definition),
          graceMs: graceOf(definition),
        };
        tell(streamOf('instance', victim.instance), command, engineCause(debt.cause));
      }
    },
  };

  return {
    evict,
    consider,
    hold,
    release: (stream) => {
      blocked.delete(stream);
      letGo(keyOf(stream));
    },
    ended: (instance) => {
      const by = claimed.get(instance);
      claimed.delete(instance);
      if (by === undefined) return;
      look(by);
      if (full && claimed.size <= LEAVING_FOR_OTHERS_MAX / 2) lookAgain();
    },
    takeNode: (id) => {
      for (const [instance, { nomination, debt }] of [...nominations]) {
        if (nomination.node !== id || debt === undefined || ledger.node(id)?.schedulable === true) continue;
        letGo(instance);
        lapse(debt, id, 'the node takes nothing new');
      }
    },
  };
};

const leavingTakes = (definition: AppDefinition | undefined): number => drainOf(definition) + graceOf(definition);
