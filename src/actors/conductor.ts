import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { v5 as uuid5 } from 'uuid';
import { isChecked } from '../domain/app/definition/checks.ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { drainOf, graceOf } from '../domain/app/definition/leaving.ts';
import { conduct, isOutdated, unknownOf, type Wish } from '../domain/deployment/conduct.ts';
import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { sameTallies } from '../domain/deployment/deployment.decider.ts';
import { DEPLOYMENT, type Tallies } from '../domain/deployment/deployment.facts.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { INSTANCE_NAMESPACE, INSTANCE_STATES, instanceName, isLive, phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Refusal } from '../domain/kernel/refusal.ts';
import type { Accepted } from '../domain/ports/engine.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import { createAlarms } from './alarms.ts';
import { type Lateness, withLate } from './lateness.ts';
import { type LaunchRoom, launchDelay, launchRoom } from './launchPace.ts';
import { createMusters } from './musters.ts';
import type { Debt, Effect } from './performer.ts';
import { createReplacementRate } from './replacementRate.ts';
import { Shares } from './shares.ts';
import { pickBy } from './surplus.ts';
import { engineCause, type Tell } from './tell.ts';

/** Requests for instances that are told but not yet committed, over all apps; the rest waits in what is wanted. */
export const REQUESTS_IN_FLIGHT_MAX = 800;
/** Those that one app tells before the next one that waits has its turn. */
export const REQUESTS_PER_TURN = 100;
/** From this share of the pool on, lost at once, replacements wait: the cause is more likely the network than the hosts. */
export const STAMPEDE_SHARE = 1 / 3;
/** Below this many lost nodes it is no stampede, whatever their share. */
export const STAMPEDE_NODES_MIN = 3;
export type Conductor = {
  readonly want: Effect;
  readonly watch: Effect;
  take(batch: readonly Recorded[]): void;
};

const usualId = (name: string): string => uuid5(name, INSTANCE_NAMESPACE);

/** Compares what is wanted of each app with the instances there are, and tells both sides the difference. */
export const createConductor = (views: Views, clock: Clock, tell: Tell, instanceId: (name: string) => string = usualId): Conductor => {
  const wants = new Map<string, Debt>();
  const watches = new Map<string, Debt>();
  /** Told and not committed yet: instance ids by app and version. */
  const asked = new Map<string, Map<string, number>>();
  const stopping = new Set<string>();
  const reporting = new Set<StreamName>();
  const dirty = new Set<string>();
  /** Apps that could not ask for all they miss. */
  const turns = new Shares<string>();
  const musters = createMusters(views);
  const alarms = createAlarms<string>(clock, (app) => look(app));
  const steady = createAlarms<string>(clock, (app) => look(app));
  const replacements = createReplacementRate(clock, (app) => look(app));
  let inFlight = 0;
  /** Whether replacements wait, as of this turn of the event loop. */
  let stampede: boolean | undefined;
  let scheduled = false;

  /** Looked at once per turn of the event loop, however many commits came in it. */
  const look = (app: string): void => {
    dirty.add(app);
    if (scheduled) return;
    scheduled = true;
    clock.schedule(0, run);
  };

  const run = (): void => {
    scheduled = false;
    stampede = undefined;
    const apps = [...dirty];
    dirty.clear();
    for (const app of apps) {
      const want = wants.get(app);
      const watch = watches.get(app);
      if (want !== undefined && !mustLookAgain(app, want, watch)) reconcile(app, want, watch);
      turns.done(app);
      replacements.done(app);
      if (watch !== undefined) report(app, watch);
    }
    callNext();
  };

  const callNext = (): void => {
    while (inFlight + turns.called * REQUESTS_PER_TURN < REQUESTS_IN_FLIGHT_MAX) {
      const next = turns.call();
      if (next === undefined) return;
      look(next);
    }
  };

  /** Whether a deployment wants what it wants without knowing that less is there by now. */
  const mustLookAgain = (app: string, want: Debt, watch: Debt | undefined): boolean => {
    if (watch?.stream !== want.stream) return false;
    const now = views.instances.tallies(app);
    const from = views.deployments.get(keyOf(want.stream))?.from ?? now;
    return isOutdated(watch.params.tallies as Tallies | undefined, now, Object.keys(from).length > 0);
  };

  const reconcile = (app: string, debt: Debt, watch: Debt | undefined): void => {
    const { instances } = views;
    const tallies = instances.tallies(app);
    const isShort = instances.forsaken(app) > 0;
    const lost = isShort && waits() ? instances.ofApp(app).filter(({ state }) => isGivenUp(state)) : [];
    const lostSlots = (version: string): ReadonlySet<number> => {
      const held = instances.slotsOf(app, version);
      return new Set(lost.filter((row) => row.version === version && !held.has(row.slot)).map(({ slot }) => slot));
    };
    const wish = debt.params as unknown as Wish;
    const { starts, stops } = conduct(wish, {
      tallies,
      pending: (version) => asked.get(`${app} ${version}`)?.size ?? 0,
      // Of what nobody knows any more what it is, none can be asked for.
      heldBack: (version) =>
        views.apps.definition(app, version) === undefined ? Number.POSITIVE_INFINITY : lost.length === 0 ? 0 : lostSlots(version).size,
      live: () => instances.ofApp(app).filter((row) => isLive(row.state) && !stopping.has(row.id)),
      forsaken: () => (isShort ? instances.ofApp(app).filter(({ state }) => phaseOf(state) === 'forsaken') : []),
      unknown: watch?.stream === debt.stream ? unknownOf(watch.params.tallies as Tallies | undefined, tallies) : NONE_UNKNOWN,
      isAwaited: wish.retire.some((id) => stopping.has(id)),
      pick: pickBy(views),
    });
    for (const [version, missing] of starts) start(app, version, missing, lostSlots(version), debt);
    for (const { row, reason } of stops) stop(row, reason, debt);
  };

  const waits = (): boolean => {
    stampede ??= isStampede(views);
    return stampede;
  };

  const start = (app: string, version: string, count: number, lost: ReadonlySet<number>, debt: Debt): void => {
    const key = `${app} ${version}`;
    const pending = asked.get(key) ?? new Map<string, number>();
    const held = views.instances.slotsOf(app, version);
    const definition = views.apps.definition(app, version);
    if (definition === undefined) return;
    const taken = new Set(pending.values());
    // Those that are placed all or none are one launch: a part of them would wait for the rest for ever.
    const room: LaunchRoom =
      definition.placement?.gang === true
        ? { most: count }
        : launchRoom(
            definition,
            {
              failures: views.instances.failures(app, version),
              coming: pending.size + comingOf(app, version),
              missing: count,
              rows: () => views.instances.ofApp(app).filter((row) => row.version === version),
            },
            clock.now(),
          );
    if (room.until !== undefined) steady.set(app, room.until);
    let missing = room.most;
    let left = turns.isShared(app) ? REQUESTS_PER_TURN : REQUESTS_IN_FLIGHT_MAX;
    const mayAsk = turns.mayTake(app);
    const isReplacing = views.instances.forsaken(app) > 0;
    for (let slot = held.firstFree; missing > 0; slot++) {
      if (held.has(slot) || taken.has(slot) || lost.has(slot)) continue;
      // The rest is asked for when room comes free.
      if (!mayAsk || left === 0 || inFlight >= REQUESTS_IN_FLIGHT_MAX) {
        turns.wait(app);
        return;
      }
      const attempt = views.instances.attempts(app, version, slot) + 1;
      if (isReplacing && isOutOfSight(app, version, slot, attempt - 1) && !replacements.take(app)) return;
      request(app, version, slot, attempt, definition, debt, pending, key, missing);
      missing -= 1;
      left -= 1;
    }
  };

  const isOutOfSight = (app: string, version: string, slot: number, attempt: number): boolean => {
    const before = attempt === 0 ? undefined : views.instances.get(instanceId(instanceName(app, version, slot, attempt)));
    return before !== undefined && isGivenUp(before.state);
  };

  const comingOf = (app: string, version: string): number => {
    const states = views.instances.statesOf(app).get(version);
    return COMING.reduce((sum, state) => sum + (states?.get(state) ?? 0), 0);
  };

  const request = (
    app: string,
    version: string,
    slot: number,
    attempt: number,
    definition: AppDefinition,
    debt: Debt,
    pending: Map<string, number>,
    key: string,
    missing: number,
  ): void => {
    const idOf = (nth: number): string => instanceId(instanceName(app, version, slot, nth));
    const id = idOf(attempt);
    const delayMs = launchDelay(definition, views.instances.failures(app, version), clock.now());
    const gated = isChecked(definition);
    const gang = musters.join(definition, version, missing, id, debt.stream);
    const command: InstanceCommand = {
      type: 'RequestInstance',
      app,
      version,
      slot,
      attempt,
      delayMs,
      gated,
      owner: debt.stream,
      ...(attempt > 1 ? { replaces: idOf(attempt - 1) } : undefined),
      ...(gang === undefined ? undefined : { gang }),
    };
    pending.set(id, slot);
    asked.set(key, pending);
    inFlight += 1;
    tell(streamOf('instance', id), command, engineCause(debt.cause), (result) => {
      inFlight -= 1;
      if (isDeaf(result)) return;
      pending.delete(id);
      if (pending.size === 0) asked.delete(key);
      look(app);
      callNext();
    });
  };

  const stop = (row: InstanceRow, reason: string, debt: Debt): void => {
    if (stopping.has(row.id)) return;
    stopping.add(row.id);
    const definition = views.apps.definition(row.app, row.version);
    const command: InstanceCommand = {
      type: 'StopInstance',
      reason,
      signal: 'SIGTERM',
      drainMs: drainOf(definition),
      graceMs: graceOf(definition),
    };
    tell(streamOf('instance', row.id), command, engineCause(debt.cause), (result) => {
      if (isDeaf(result)) return;
      stopping.delete(row.id);
      look(row.app);
    });
  };

  const report = (app: string, debt: Debt): void => {
    const known = debt.params.tallies as Tallies | undefined;
    const tallies = talliesNow(app, debt);
    if (reporting.has(debt.stream) || (known !== undefined && sameTallies(known, tallies))) return;
    reporting.add(debt.stream);
    tell(debt.stream, { type: 'ReportSlots', tallies } as never, engineCause(debt.cause), (result) => {
      if (isDeaf(result)) return;
      reporting.delete(debt.stream);
      look(app);
    });
  };

  /** As the deployment counts them: with those that are late, and another look when the next one will be. */
  const talliesNow = (app: string, { params }: Debt): Tallies => {
    const late = params.late as Lateness | undefined;
    const counted = views.instances.tallies(app);
    if (late === undefined) return counted;
    const { tallies, next } = withLate(counted, views.instances.ofApp(app), late, clock.now());
    if (next !== undefined) alarms.set(app, next);
    return tallies;
  };

  /** A deployment that another one took over from before it had begun: it has no say, and is told so. */
  const isSuperseded = ({ stream, params, cause }: Debt): boolean => {
    const holder = views.apps.get(params.app as string)?.deployment;
    if (nounOf(stream) !== DEPLOYMENT || holder === keyOf(stream)) return false;
    const cancel: DeploymentCommand = { type: 'CancelDeployment', reason: 'it no longer holds the lock of its app' };
    tell(stream, cancel, engineCause(cause));
    return true;
  };

  const keep = (debts: Map<string, Debt>): Effect => ({
    perform: (debt) => {
      if (isSuperseded(debt)) return;
      const app = debt.params.app as string;
      debts.set(app, debt);
      look(app);
    },
    release: (debt) => {
      const app = debt.params.app as string;
      if (debts.get(app)?.stream === debt.stream) debts.delete(app);
    },
  });

  return {
    want: keep(wants),
    watch: keep(watches),
    take: (batch) => {
      for (const { stream, fact } of batch) {
        const noun = nounOf(stream);
        if (noun === 'instance') {
          const app = views.instances.get(stream.slice('instance-'.length))?.app ?? (fact as { app?: string }).app;
          if (app !== undefined) look(app);
        } else if (noun === 'node') for (const app of wants.keys()) if (views.instances.forsaken(app) > 0) look(app);
      }
    },
  };
};

/** A stream that stands still will not do what it was asked, and is not asked again: asking at every look would never end. */
const isDeaf = (result: Either<Refusal, Accepted>): boolean => E.isLeft(result) && result.left.code === 'quarantined';

const COMING = INSTANCE_STATES.filter((state) => phaseOf(state) === 'coming');

const NONE_UNKNOWN: ReadonlySet<string> = new Set();

const isGivenUp = (state: string): boolean => state === 'unreachable.inactive' || state === 'expunged';

const isStampede = ({ nodes }: Views): boolean => {
  let total = 0;
  let lost = 0;
  for (const { state } of nodes.all()) {
    total += 1;
    if (state === 'attached.unreachable') lost += 1;
  }
  return lost >= STAMPEDE_NODES_MIN && lost / total > STAMPEDE_SHARE;
};
