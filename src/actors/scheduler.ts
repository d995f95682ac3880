import { either as E } from 'fp-ts';
import { hostPortsWanted } from '../domain/app/definition/ports.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { fill, holdsPlace, requestOf, reservationOf } from '../domain/placement/account.ts';
import { Ledger } from '../domain/placement/ledger.ts';
import type { Funnel, Placement, Unplaceable } from '../domain/placement/outcome.ts';
import { placeAt } from '../domain/placement/placeAt.ts';
import { poolNode } from '../domain/placement/poolNode.ts';
import { Search, type SearchOptions } from '../domain/placement/search.ts';
import type { Views } from '../domain/ports/views.ts';
import type { Debt, Effect } from './performer.ts';
import { type NextClass, PlacementClass, PlacementQueue, SLICE_MAX } from './placementQueue.ts';
import { PlannedPlaces } from './plannedPlaces.ts';
import { engineCause, type Tell } from './tell.ts';

/** Placements decided in one go before the event loop turns. */
export const PLACEMENT_BATCH_MAX = 1000;
/** How long capacity that came free is gathered before those that wait are tried again, ms. */
export const RETRY_AFTER_MS = 50;

export type Scheduler = {
  readonly place: Effect;
  /** At start, once: nodes and reservations from the views at the head. */
  load(): void;
  /** Facts as they are committed, after the views have taken them. */
  take(batch: readonly Recorded[]): void;
  readonly ledger: Ledger;
  waiting(): number;
};

/** How places are chosen where it is not as usual, as in a sandbox. */
export type PlacementChoice = Pick<SearchOptions, 'score' | 'also'> & {
  /** Where the search for the first one begins. */
  readonly seed?: number;
  /** Which class is served next; by turns where absent. */
  readonly next?: NextClass;
  /** Whether all of a class that wait are to be placed at once or none. */
  readonly allOrNone?: (waiting: PlacementClass) => boolean;
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
  const { score, also, next, allOrNone = () => false } = choice;
  const options: SearchOptions = { ...(score !== undefined && { score }), ...(also !== undefined && { also }) };
  const queue = new PlacementQueue((app, version, known) => {
    const definition = views.apps.definition(app, version);
    if (definition === undefined || definition === known?.definition) return known;
    return new PlacementClass(app, version, definition, new Search(ledger, requestOf(definition, version), options));
  }, next);
  /** Whose planned place is free by the rules of its app when the one that it replaces has left, by that one. */
  const parked = new Map<string, Debt>();
  let running = false;
  let retrying = false;
  let seed = choice.seed ?? 0;

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
    const isGang = allOrNone(of);
    const isNowhere = !of.search.mayFit(isGang ? of.pending : 0);
    const slice = sliceOf(of, isNowhere, isGang ? of.pending : SLICE_MAX);
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
    queue.served(of, isNowhere || why !== undefined);
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
  const deferred = (of: PlacementClass, debt: Debt, why: Funnel, isFirst: boolean): void => {
    const isNew = of.fresh.has(debt.stream);
    queue.deferred(of, debt);
    if (!isNew && !(isFirst && (of.told === undefined || !sameFunnel(of.told, why)))) return;
    const known = views.instances.get(keyOf(debt.stream))?.deferred;
    if (known !== undefined && sameFunnel(known, why)) return;
    const { considered } = why;
    const command: InstanceCommand = {
      type: 'DeferPlacement',
      entryRevision: debt.entryRevision,
      considered,
      excluded: counts(why.excluded),
    };
    tell(debt.stream, command, engineCause(debt.cause));
  };

  const giveBack = (instance: string): void => {
    if (!ledger.remove(instance)) return;
    retryLater();
    const follower = parked.get(instance);
    if (follower === undefined) return;
    parked.delete(instance);
    begin(follower);
  };

  /** Takes the place that is planned for it, where there is one that does; the best of the others otherwise. */
  const begin = (debt: Debt): void => {
    const instance = keyOf(debt.stream);
    const place = places.get(instance);
    const [app, version] = [debt.params.app as string, debt.params.version as string];
    const definition = place && views.apps.definition(app, version);
    if (place !== undefined && definition !== undefined) {
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
  };

  const retryLater = (): void => {
    if (retrying || queue.sleeping === 0) return;
    retrying = true;
    clock.schedule(RETRY_AFTER_MS, () => {
      retrying = false;
      queue.wake((each) => each.search.mayFit(allOrNone(each) ? each.pending : 0));
      if (queue.isActive) schedule();
    });
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
    const definition = views.apps.get(id)?.definition;
    ledger.fixedPorts.set(id, definition === undefined ? [] : hostPortsWanted(definition));
  };

  const takeNode = (id: string): void => {
    const row = views.nodes.get(id);
    if (row === undefined) ledger.removeNode(id);
    else {
      ledger.setNode(poolNode(row));
      for (const one of views.instances.onNode(id)) if (one.state === 'expunged') takeInstance(one.id);
    }
    retryLater();
  };

  return {
    ledger,
    waiting: () => queue.size,
    place: {
      perform: begin,
      release: (debt) => {
        queue.remove(debt);
        for (const [replaced, { stream }] of parked) if (stream === debt.stream) parked.delete(replaced);
      },
    },
    load: () => void fill(ledger, views),
    take: (batch) => {
      for (const { stream, fact } of batch) {
        const noun = nounOf(stream);
        if (noun === 'instance' && fact.type !== 'InstanceRequested') takeInstance(keyOf(stream));
        else if (noun === 'node') takeNode(keyOf(stream));
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

/** Shared by all facts that say the same: nobody writes to it. */
const counts = (excluded: Funnel['excluded']): Record<string, number> => excluded as Record<string, number>;

const sameFunnel = (a: Funnel, b: Funnel): boolean => {
  const [excludedA, excludedB] = [counts(a.excluded), counts(b.excluded)];
  const names = Object.keys(excludedA);
  return (
    a.considered === b.considered &&
    names.length === Object.keys(excludedB).length &&
    names.every((name) => excludedA[name] === excludedB[name])
  );
};
