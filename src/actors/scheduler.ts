import { either as E } from 'fp-ts';
import { hostPortsWanted } from '../domain/app/definition/ports.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { keyOf, nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { fill, holdsPlace, requestOf, reservationOf } from '../domain/placement/account.ts';
import { Ledger } from '../domain/placement/ledger.ts';
import { type Placement, type PlaceOptions, place, type Unplaceable } from '../domain/placement/place.ts';
import { poolNode } from '../domain/placement/poolNode.ts';
import type { Views } from '../domain/ports/views.ts';
import type { Debt, Effect } from './performer.ts';
import { createPreemption } from './preemption.ts';
import { engineCause, type Tell } from './tell.ts';

/** Placements decided in one go before the event loop turns. */
export const PLACEMENT_BATCH_MAX = 1000;
/** How long capacity that came free is gathered before those that wait are tried again, ms. */
export const RETRY_AFTER_MS = 50;

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

/** How places are chosen where it is not as usual, as in a sandbox; `seed`: where the search for the first one begins. */
export type PlacementChoice = { readonly seed?: number } & Pick<PlaceOptions, 'score' | 'also'>;

/** The one writer of placements: its ledger is the capacity view plus its own decisions that are not facts yet. */
export const createScheduler = (views: Views, clock: Clock, tell: Tell, choice: PlacementChoice = {}): Scheduler => {
  const ledger = new Ledger();
  /** Not tried yet, and tried in vain. */
  let fresh = new Map<StreamName, Debt>();
  const unplaced = new Map<StreamName, Debt>();
  let running = false;
  let retrying = false;
  let seed = choice.seed ?? 0;
  const { score, also } = choice;

  const schedule = (): void => {
    if (running) return;
    running = true;
    queueMicrotask(run);
  };

  const run = (): void => {
    running = false;
    const batch = [...fresh.values()].slice(0, PLACEMENT_BATCH_MAX);
    for (const { stream } of batch) fresh.delete(stream);
    for (const debts of groupByVersion(batch)) placeAlike(debts);
    if (fresh.size === 0) return;
    running = true;
    clock.schedule(0, run);
  };

  const placeAlike = (debts: readonly Debt[]): void => {
    const { app, version } = (debts[0] as Debt).params as { app: string; version: string };
    const definition = views.apps.definition(app, version);
    if (definition === undefined) return;
    const request = requestOf(definition, version);
    const outcomes = place(
      request,
      debts.map(({ stream }) => keyOf(stream)),
      ledger,
      { seed, ...(score !== undefined && { score }), ...(also !== undefined && { also }) },
    );
    seed += debts.length;
    const nowhere: Debt[] = [];
    outcomes.forEach((outcome, nth) => {
      const debt = debts[nth] as Debt;
      if ('node' in outcome) placed(debt, outcome);
      else {
        deferred(debt, outcome);
        nowhere.push(debt);
      }
    });
    if (nowhere.length > 0) preemption.consider(request, nowhere);
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
  };

  const deferred = (debt: Debt, { unplaceable }: Unplaceable): void => {
    unplaced.set(debt.stream, debt);
    const excluded = counts(unplaceable.excluded);
    const known = views.instances.get(keyOf(debt.stream))?.deferred;
    if (known !== undefined && known.considered === unplaceable.considered && sameCounts(known.excluded, excluded)) return;
    const command: InstanceCommand = {
      type: 'DeferPlacement',
      entryRevision: debt.entryRevision,
      considered: unplaceable.considered,
      excluded,
    };
    tell(debt.stream, command, engineCause(debt.cause));
  };

  const giveBack = (instance: string): void => {
    if (!ledger.remove(instance)) return;
    preemption.ended(instance);
    retryLater();
  };

  const retryLater = (): void => {
    if (retrying || unplaced.size === 0) return;
    retrying = true;
    clock.schedule(RETRY_AFTER_MS, () => {
      retrying = false;
      // Those that have waited longest go first.
      fresh = new Map([...unplaced, ...fresh]);
      unplaced.clear();
      schedule();
    });
  };

  const takeInstance = (id: string): void => {
    const row = views.instances.get(id);
    if (row === undefined || !holdsPlace(row, views)) giveBack(id);
    else {
      const reservation = reservationOf(row, views);
      if (reservation !== undefined) ledger.add(reservation);
    }
  };

  const takeApp = (id: string): void => {
    const definition = views.apps.get(id)?.definition;
    ledger.fixedPorts.set(id, definition === undefined ? [] : hostPortsWanted(definition));
    preemption.takeApp(id);
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

  const preemption = createPreemption({ views, clock, tell, ledger, placed, settled: (stream) => unplaced.delete(stream) });

  return {
    ledger,
    evict: preemption.evict,
    waiting: () => fresh.size + unplaced.size,
    place: {
      perform: (debt) => {
        if (debt.params.held !== undefined) {
          preemption.hold(debt);
          return;
        }
        fresh.set(debt.stream, debt);
        schedule();
      },
      release: ({ stream }) => {
        fresh.delete(stream);
        unplaced.delete(stream);
        preemption.release(stream);
      },
    },
    load: () => {
      fill(ledger, views);
      for (const { id } of views.apps.all()) preemption.takeApp(id);
    },
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

const groupByVersion = (debts: readonly Debt[]): Iterable<readonly Debt[]> => {
  const groups = new Map<string, Debt[]>();
  for (const debt of debts) {
    const key = `${debt.params.app} ${debt.params.version}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [debt]);
    else group.push(debt);
  }
  return groups.values();
};

const counts = (excluded: Readonly<Partial<Record<string, number>>>): Record<string, number> => ({ ...excluded }) as Record<string, number>;

const sameCounts = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([reason, count]) => b[reason] === count);
