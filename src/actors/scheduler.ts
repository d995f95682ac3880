import { either as E } from 'fp-ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import type { Gang } from '../domain/instance/instance.facts.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { fill, holdsPlace, learnApp, requestOf, reservationOf } from '../domain/placement/account.ts';
import { Ledger } from '../domain/placement/ledger.ts';
import { servedNext } from '../domain/placement/order.ts';
import type { Funnel, Placement, Unplaceable } from '../domain/placement/outcome.ts';
import { placeAt } from '../domain/placement/placeAt.ts';
import { poolNode } from '../domain/placement/poolNode.ts';
import { Search, type SearchOptions } from '../domain/placement/search.ts';
import { USUAL_WEIGHT } from '../domain/placement/tenants.ts';
import type { RoleRow, Views } from '../domain/ports/views.ts';
import { ROLE } from '../domain/role/role.facts.ts';
import type { Debt, Effect } from './performer.ts';
import { classKey, type NextClass, PlacementClass, PlacementQueue, SLICE_MAX } from './placementQueue.ts';
import { PlannedPlaces } from './plannedPlaces.ts';
import { createPreemption } from './preemption.ts';
import { createRanks } from './ranks.ts';
import { engineCause, type Tell } from './tell.ts';

/** Placements decided in one go before the event loop turns. */
export const PLACEMENT_BATCH_MAX = 1000;
/** How long capacity that came free is gathered before those that wait are tried again, ms. */
export const RETRY_AFTER_MS = 50;

/** So long after the last member came a gang that is not whole is placed as it is, ms. */
export const GANG_SETTLE_MS = 10_000;

export type Scheduler = {
  readonly place: Effect;
  readonly evict: Effect;
  /** At start, once: nodes and reservations from the views at the head. */
  load(): void;
  /** Facts as they are committed, after the views have taken them. */
  take(batch: readonly Recorded[]): void;
  readonly ledger: Ledger;
  waiting(): number;
};

/** How places are chosen where it is not as usual, as in a sandbox. */
export type PlacementChoice = Pick<SearchOptions, 'score' | 'also' | 'policy'> & {
  /** Where the search for the first one begins. */
  readonly seed?: number;
  /** Which class is served next; by turns where absent. */
  readonly next?: NextClass;
};

/** The one writer of placements: its ledger is the capacity view plus its own decisions that are not facts yet. */
export const createScheduler = (
  views: Views,
  clock: Clock,
  tell: Tell,
  choice: PlacementChoice = {},
  places = new PlannedPlaces(),
): Scheduler => {
  const ledger = new Ledger();
  const ranks = createRanks();
  const { score, also, policy, next = nextOf } = choice;
  // Where all are of one role and priority there is nothing to choose by: they are served by turns.
  function nextOf(active: Iterable<PlacementClass>): PlacementClass | undefined {
    return ranks.areAlike ? active[Symbol.iterator]().next().value : servedNext(active, ledger.tenants);
  }
  const options: SearchOptions = {
    ...(score !== undefined && { score }),
    ...(also !== undefined && { also }),
    ...(policy !== undefined && { policy }),
  };
  const queue = new PlacementQueue((app, version, gang, known) => {
    const definition = views.apps.definition(app, version);
    if (definition === undefined || definition === known?.definition) return known;
    return new PlacementClass(app, version, definition, new Search(ledger, requestOf(definition, version), options), gang);
  }, next);
  /** Whose planned place is free by the rules of its app when the one that it replaces has left, by that one. */
  const parked = new Map<string, Debt>();
  /** Gangs that wait for members to come. */
  const mustering = new Set<string>();
  let running = false;
  let retrying = false;
  let seed = choice.seed ?? 0;
  /** Up to where those who wait were asked whether what was given back could help them. */
  let looked = 0;
  /** What they wait for may be another thing than before. */
  let isUnsure = false;

  const schedule = (): void => {
    if (running) return;
    running = true;
    queueMicrotask(run);
  };

  const run = (): void => {
    running = false;
    for (let left = PLACEMENT_BATCH_MAX; left > 0; ) {
      const each = queue.next();
      if (each === undefined) return;
      left -= Math.max(serve(each), 1);
    }
    if (!queue.isActive) return;
    running = true;
    clock.schedule(0, run);
  };

  /** Decides about one slice of a class; where there is no place for it, only about those who do not know that yet. */
  const serve = (of: PlacementClass): number => {
    const isGang = of.gang !== undefined;
    const isNowhere = !of.search.mayFit(isGang ? of.pending : 0);
    const slice = sliceOf(of, isNowhere && !isGang, isGang ? of.pending : SLICE_MAX);
    const outcomes = of.search.place(
      slice.map(({ stream }) => keyOf(stream)),
      seed,
      isGang,
    );
    seed += slice.length;
    let why: Unplaceable['unplaceable'] | undefined;
    for (let nth = 0; nth < slice.length; nth++) {
      const [debt, outcome] = [slice[nth] as Debt, outcomes[nth] as Placement | Unplaceable];
      if ('node' in outcome) {
        queue.placed(of, debt.stream);
        placed(debt, outcome);
      } else {
        why = outcome.unplaceable;
        const isFirst = nth === 0 || 'node' in (outcomes[nth - 1] as Placement | Unplaceable);
        deferred(of, debt, why, isFirst);
      }
    }
    if (why !== undefined) of.told = why;
    queue.served(of, isNowhere || why !== undefined, isGang);
    // A gang is placed all or none: others would leave for members that stay without the rest.
    if (why !== undefined && !isGang) preemption.consider(of.search.need.request, slice);
    return slice.length;
  };

  const placed = (debt: Debt, { instance, node, hostPorts, explanation }: Placement): void => {
    const { considered, excluded, score } = explanation;
    const command: InstanceCommand = {
      type: 'PlaceInstance',
      entryRevision: debt.entryRevision,
      node,
      hostPorts,
      considered,
      excluded: counts(excluded),
      score: Math.round(score * 1000) / 1000,
    };
    tell(debt.stream, command, engineCause(debt.cause), (result) => {
      // No longer asked for: what was set aside is free again.
      if ((E.isLeft(result) || result.right.facts.length === 0) && views.instances.get(instance)?.node !== node) giveBack(instance);
    });
    // One that found its place may have been waited for.
    if (queue.awaiting > 0) retryLater();
  };

  /** Each is told once why it waits; when that changes later, one of those who wait is told for all. */
  const deferred = (of: PlacementClass, debt: Debt, why: Why, isFirst: boolean): void => {
    const isNew = of.fresh.has(debt.stream);
    queue.deferred(of, debt);
    if (!isNew && !(isFirst && (of.told === undefined || !sameWhy(of.told, why)))) return;
    const known = views.instances.get(keyOf(debt.stream))?.deferred;
    const gang = of.gang === undefined ? undefined : { size: of.pending, fits: why.fitting ?? 0 };
    if (known !== undefined && sameWhy({ ...known, ...(known.gang !== undefined && { fitting: known.gang.fits }) }, why)) return;
    const { considered } = why;
    const command: InstanceCommand = {
      type: 'DeferPlacement',
      entryRevision: debt.entryRevision,
      considered,
      excluded: counts(why.excluded),
      ...(gang !== undefined && { gang }),
    };
    tell(debt.stream, command, engineCause(debt.cause));
  };

  const giveBack = (instance: string): void => {
    if (!ledger.remove(instance)) return;
    preemption.ended(instance);
    retryLater();
    const follower = parked.get(instance);
    if (follower === undefined) return;
    parked.delete(instance);
    begin(follower);
  };

  /** Takes the place that is planned for it, where there is one that does; the best of the others otherwise. */
  const begin = (debt: Debt): void => {
    if (debt.params.held !== undefined) {
      preemption.hold(debt);
      return;
    }
    const instance = keyOf(debt.stream);
    const place = places.get(instance);
    const [app, version] = [debt.params.app as string, debt.params.version as string];
    const definition = place && views.apps.definition(app, version);
    if (place !== undefined && definition !== undefined && debt.params.gang === undefined) {
      const found = placeAt(requestOf(definition, version), instance, ledger, place.node, score);
      if (found !== undefined) {
        placed(debt, found);
        return;
      }
      if (ledger.holds(place.replaces)) {
        parked.set(place.replaces, debt);
        return;
      }
    }
    queue.add(debt);
    schedule();
    awaitGang(debt);
  };

  const retryLater = (): void => {
    if (retrying || queue.sleeping === 0) return;
    retrying = true;
    clock.schedule(RETRY_AFTER_MS, () => {
      retrying = false;
      const relief = ledger.reliefSince(looked);
      looked = ledger.grown.end;
      queue.wake(({ search, gang, pending }) => search.mayFit(gang === undefined ? 0 : pending, relief), isUnsure);
      isUnsure = false;
      if (queue.isActive) schedule();
    });
  };

  /** A gang whose members stop coming is placed as it is: the others are no longer wanted. */
  const awaitGang = ({ params }: Debt): void => {
    const gang = params.gang as Gang | undefined;
    if (gang === undefined || mustering.has(gang.id)) return;
    const key = classKey(params.app as string, params.version as string, gang);
    let there = queue.musters(key)?.pending;
    if (there === undefined) return;
    mustering.add(gang.id);
    const lookAgain = (): void => {
      const waiting = queue.musters(key);
      if (waiting === undefined || waiting.pending === there) {
        mustering.delete(gang.id);
        if (waiting !== undefined && waiting.pending > 0) {
          queue.settle(waiting);
          schedule();
        }
        return;
      }
      there = waiting.pending;
      clock.schedule(GANG_SETTLE_MS, lookAgain);
    };
    clock.schedule(GANG_SETTLE_MS, lookAgain);
  };

  const takeInstance = (id: string): void => {
    const row = views.instances.get(id);
    if (row === undefined || !holdsPlace(row, views)) giveBack(id);
    else if (!ledger.holds(id)) {
      const reservation = reservationOf(row, views);
      if (reservation !== undefined) ledger.add(reservation);
    }
  };

  const takeApp = (id: string): void => {
    const { revision } = ledger.keepers;
    const definition = views.apps.get(id)?.definition;
    learnApp(ledger, id, definition);
    ranks.set(id, definition);
    queue.changed(id);
    if (queue.isActive) schedule();
    // Others may no longer be kept apart from it.
    if (ledger.keepers.revision === revision) return;
    isUnsure = true;
    retryLater();
  };

  /** What is set of roles from now on. */
  const takeRole = ({ role, weight, quota }: RoleRow): void => {
    ledger.tenants.setWeight(role, weight ?? USUAL_WEIGHT);
    ledger.tenants.setQuota(role, quota);
    retryLater();
  };

  const takeNode = (id: string): void => {
    const row = views.nodes.get(id);
    if (row === undefined) ledger.removeNode(id);
    else {
      ledger.setNode(poolNode(row));
      for (const one of views.instances.onNode(id)) if (one.state === 'expunged') takeInstance(one.id);
    }
    preemption.takeNode(id);
    retryLater();
  };

  const preemption = createPreemption({ views, clock, tell, ledger, ranks, placed, settled: (debt) => queue.remove(debt) });

  return {
    ledger,
    evict: preemption.evict,
    waiting: () => queue.size,
    place: {
      perform: begin,
      release: (debt) => {
        queue.remove(debt);
        if (queue.isActive) schedule();
        preemption.release(debt.stream);
        for (const [replaced, { stream }] of parked) if (stream === debt.stream) parked.delete(replaced);
      },
    },
    load: () => {
      fill(ledger, views);
      for (const { id, definition } of views.apps.all()) ranks.set(id, definition);
    },
    take: (batch) => {
      for (const { stream, fact } of batch) {
        const noun = nounOf(stream);
        if (noun === 'instance' && fact.type !== 'InstanceRequested') takeInstance(keyOf(stream));
        else if (noun === 'node') takeNode(keyOf(stream));
        else if (noun === ROLE) for (const row of views.roles.all()) takeRole(row);
        else if (fact.type === 'AppVersionAdded' || fact.type === 'AppDestroyed') takeApp(keyOf(stream));
      }
    },
  };
};

/** Those who have waited longest first, unless there is no place anyhow. */
const sliceOf = ({ waiting, fresh }: PlacementClass, isNowhere: boolean, most: number): readonly Debt[] => {
  const slice: Debt[] = [];
  for (const debts of isNowhere ? [fresh] : [waiting, fresh])
    for (const debt of debts.values()) {
      if (slice.length === most) return slice;
      slice.push(debt);
    }
  return slice;
};

/** Why there is no place; of a gang with how many of it would have found one. */
type Why = Funnel & Pick<Unplaceable['unplaceable'], 'fitting'>;

/** Shared by all facts that say the same: nobody writes to it. */
const counts = (excluded: Funnel['excluded']): Record<string, number> => excluded as Record<string, number>;

const sameWhy = (a: Why, b: Why): boolean => {
  const [excludedA, excludedB] = [counts(a.excluded), counts(b.excluded)];
  const names = Object.keys(excludedA);
  return (
    a.considered === b.considered &&
    a.fitting === b.fitting &&
    names.length === Object.keys(excludedB).length &&
    names.every((name) => excludedA[name] === excludedB[name])
  );
};
