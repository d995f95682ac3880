import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import type { Weights } from '../domain/deployment/deployment.facts.ts';
import { keyOf, nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { same } from '../domain/kernel/same.ts';
import type { Balancer } from '../domain/ports/balancer.ts';
import type { Traffic } from '../domain/ports/traffic.ts';
import type { InstanceRow, RosterRow, Views } from '../domain/ports/views.ts';
import { type AppRoutes, type Derived, draftsOf, routesOf, tableOf } from '../domain/traffic/derive.ts';
import type { Serving } from '../domain/traffic/pools.ts';
import { DEFAULT_SETTINGS, type TrafficSettings } from '../domain/traffic/settings.ts';
import { EMPTY_TABLE, type RouteTable, type TrafficRule } from '../domain/traffic/table.ts';
import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/** A balancer that refused a table is asked again after this time, which doubles up to the last; ms. */
export const APPLY_RETRY_FIRST_MS = 500;
export const APPLY_RETRY_LAST_MS = 30_000;
/** An instance that is to stop waits for the balancers no longer than this, ms: one that is out of order keeps nobody up for ever. */
export const LEAVE_MAX_MS = 15_000;
/** A new engine waits for what running deployments owe no longer than this, ms: one that cannot be read keeps nobody else from being served. */
export const OWED_MAX_MS = 5_000;
/** Between two looks at whether a server is busy still, ms. */
const BUSY_LOOK_MS = 100;

export type TrafficWork = Traffic & {
  readonly effect: Effect;
  take(batch: readonly Recorded[]): void;
  /** What the log has led to so far. */
  load(): void;
  /** Answers when no balancer sends an instance anything new, and it has ended what it was sent or had `drainMs` for it. */
  left(instance: string, drainMs: number): Promise<void>;
  stop(): void;
};

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly balancers: readonly Balancer[];
  readonly settings?: TrafficSettings;
};

type Owed = { readonly debt: Debt; readonly weights: Weights; readonly rules: readonly TrafficRule[] };
type Keeper = { readonly balancer: Balancer; applied: number; isBusy: boolean; trouble: string | undefined; retryMs: number };

/** Keeps one table of all routes, makes the balancers do it, and tells deployments when requests go as they want. */
export const createTraffic = ({ views, clock, tell, balancers, settings = DEFAULT_SETTINGS }: Ports): TrafficWork => {
  const owed = new Map<string, Owed>();
  const apps = new Map<string, AppRoutes & { readonly since: number }>();
  const dirty = new Set<string>();
  /** Deployments whose debt the table honours once `turn` is applied. */
  const answering = new Map<string, { readonly debt: Debt; readonly turn: number }>();
  const waiting = new Set<() => void>();
  const keepers = balancers.map(
    (balancer): Keeper => ({ balancer, applied: 0, isBusy: false, trouble: undefined, retryMs: APPLY_RETRY_FIRST_MS }),
  );
  /** Deployments that owe shares of the requests and have not said yet which: until then no table is told, for it would give all alike. */
  const unheard = new Set<StreamName>();
  let derived: Derived = { table: EMPTY_TABLE, warnings: [] };
  let turn = 0;
  let [isScheduled, isStopped] = [false, false];

  const look = (app: string): void => {
    dirty.add(app);
    if (isScheduled || isStopped) return;
    isScheduled = true;
    clock.schedule(0, run);
  };

  const run = (): void => {
    isScheduled = false;
    if (isStopped || unheard.size > 0) return;
    const changed = [...dirty];
    dirty.clear();
    let isNews = false;
    for (const app of changed) isNews = derive(app) || isNews;
    if (isNews) {
      const next = tableOf([...apps.values()].toSorted(byAge), settings);
      if (!same(next, derived)) {
        if (!same(next.table, derived.table)) turn += 1;
        derived = next;
      }
    }
    for (const app of changed) {
      const debt = owed.get(app)?.debt;
      if (debt !== undefined) answering.set(app, { debt, turn });
    }
    for (const keeper of keepers) apply(keeper);
    settle();
  };

  /** Whether anything about the routes of an app has changed. */
  const derive = (app: string): boolean => {
    const row = views.apps.get(app);
    const before = apps.get(app);
    if (row === undefined || draftsOf(row.definition, settings).length === 0) return apps.delete(app);
    const { weights = {}, rules = [] } = owed.get(app) ?? {};
    const routes = routesOf(
      {
        definition: row.definition,
        instances: views.instances.ofApp(app).map((each) => servingOf(each, views)),
        weights,
        rules,
        definitionOf: (version) => views.apps.definition(app, version),
      },
      settings,
    );
    const since = row.versions[0]?.at ?? 0;
    apps.set(app, { ...routes, since });
    return before === undefined || !same(before.routes, routes.routes);
  };

  const apply = (keeper: Keeper): void => {
    if (keeper.isBusy || keeper.applied >= turn || isStopped) return;
    keeper.isBusy = true;
    const now = turn;
    keeper.balancer.apply(derived.table).then(
      () => {
        Object.assign(keeper, { isBusy: false, applied: now, trouble: undefined, retryMs: APPLY_RETRY_FIRST_MS });
        settle();
        apply(keeper);
      },
      (error: Error) => {
        keeper.trouble = error.message;
        settle();
        clock.schedule(keeper.retryMs, () => {
          keeper.isBusy = false;
          apply(keeper);
        });
        keeper.retryMs = Math.min(APPLY_RETRY_LAST_MS, keeper.retryMs * 2);
      },
    );
  };

  const applied = (): number => Math.min(turn, ...keepers.map((keeper) => keeper.applied));

  const settle = (): void => {
    const until = applied();
    for (const [app, { debt, turn: needed }] of answering) {
      if (needed > until) continue;
      answering.delete(app);
      if (owed.get(app)?.debt !== debt) continue;
      const shifted: DeploymentCommand = {
        type: 'ReportTrafficShifted',
        weights: (debt.params.weights ?? {}) as Weights,
        answers: debt.entryRevision,
      };
      tell(debt.stream, shifted as never, engineCause(debt.cause));
    }
    for (const each of [...waiting]) each();
  };

  const effect: Effect = {
    perform: (debt) => {
      const { app, weights = {}, rules = [] } = debt.params as { app: string; weights?: Weights; rules?: readonly TrafficRule[] };
      owed.set(app, { debt, weights, rules });
      unheard.delete(debt.stream);
      look(app);
    },
    release: (debt) => {
      const app = debt.params.app as string;
      const held = owed.get(app)?.debt;
      if (held?.stream !== debt.stream || held.node !== debt.node || held.entryRevision !== debt.entryRevision) return;
      owed.delete(app);
      answering.delete(app);
      look(app);
    },
  };

  /** Resolves when it holds, or when the time is over. */
  const until = (holds: () => boolean, mostMs: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting.delete(check);
        cancel();
        resolve();
      };
      const check = (): void => {
        if (isStopped || holds()) done();
      };
      const cancel = clock.schedule(mostMs, done);
      waiting.add(check);
      check();
    });

  const busy = async (instance: string): Promise<boolean> => {
    const counts = await Promise.all(keepers.map(({ balancer }) => balancer.busyWith(instance).catch(() => 0)));
    return counts.some((count) => count > 0);
  };

  return {
    effect,
    take: (batch) => {
      if (keepers.length === 0) return;
      for (const { stream, fact } of batch) {
        if (unheard.has(stream) && !owesTraffic(views.roster.get(stream))) unheard.delete(stream);
        const noun = nounOf(stream);
        if (noun === 'app') look(keyOf(stream));
        else if (noun === 'instance') {
          const app = views.instances.get(keyOf(stream))?.app ?? (fact as { app?: string }).app;
          if (app !== undefined && (apps.has(app) || fact.type === 'InstanceRequested')) look(app);
        } else if (noun === 'node') for (const app of apps.keys()) look(app);
      }
    },
    load: () => {
      if (keepers.length === 0) return;
      // What another engine left behind in a balancer is to go, also where there is no route any more.
      turn += 1;
      for (const row of views.roster.active()) if (owesTraffic(row)) unheard.add(row.stream);
      clock.schedule(OWED_MAX_MS, () => {
        if (unheard.size === 0) return;
        unheard.clear();
        look('');
      });
      for (const { id } of views.apps.all()) look(id);
      look('');
    },
    left: async (instance, drainMs) => {
      if (keepers.length === 0) return;
      const row = views.instances.get(instance);
      if (row === undefined || !apps.has(row.app)) return;
      look(row.app);
      await until(() => !dirty.has(row.app) && applied() >= turn && !serves(derived.table, instance), LEAVE_MAX_MS);
      const deadline = clock.now() + Math.min(drainMs, LEAVE_MAX_MS);
      while (!isStopped && clock.now() < deadline && (await busy(instance)))
        await new Promise<void>((resolve) => clock.schedule(Math.min(BUSY_LOOK_MS, Math.max(1, deadline - clock.now())), resolve));
    },
    stop: () => {
      isStopped = true;
      for (const each of [...waiting]) each();
    },
    table: () => derived.table,
    warnings: () => derived.warnings,
    balancers: () =>
      keepers.map(({ balancer, applied, trouble }) => ({
        name: balancer.name,
        isCurrent: applied >= turn,
        reloads: balancer.reloads(),
        ...(trouble !== undefined && { trouble }),
        warnings: balancer.warnings?.() ?? [],
      })),
    counters: async () => {
      const all = await Promise.all(
        keepers.map(async ({ balancer }) => (await balancer.counters()).map((each) => ({ ...each, balancer: balancer.name }))),
      );
      return all.flat();
    },
  };
};

const owesTraffic = (row: RosterRow | undefined): boolean => row?.owes.split(',').includes('traffic') === true;

const byAge = (a: { since: number; app: string }, b: { since: number; app: string }): number =>
  a.since - b.since || (a.app < b.app ? -1 : 1);

/** Whether anything new may be sent to it. */
const serves = ({ routes }: RouteTable, instance: string): boolean =>
  routes.some(({ pools }) => pools.some(({ servers }) => servers.some((server) => server.instance === instance && !server.isDraining)));

const servingOf = (row: InstanceRow, { nodes }: Views): Serving => {
  const address = row.node === undefined ? undefined : nodes.get(row.node)?.offer.address;
  return {
    id: row.id,
    version: row.version,
    state: row.state,
    wasReady: row.readyAt !== undefined,
    hostPorts: row.hostPorts,
    ipAddresses: row.ipAddresses,
    ...(address !== undefined && { nodeAddress: address }),
  };
};
