import { either as E } from 'fp-ts';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { AnyStrategy } from '../domain/deployment/kit/strategy.ts';
import { strategyProblems } from '../domain/deployment/strategies/problems.ts';
import { INSTANCE } from '../domain/instance/instance.facts.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { Command } from '../domain/kernel/decider.ts';
import { ENGINE, nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { AppendFault, Clock, EventLog, Ids, StoredFact, Subscription } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Refusal } from '../domain/kernel/refusal.ts';
import { ENGINE_LEASE, type LeaseCommand } from '../domain/lease/lease.ts';
import type { NodeOffer, RuntimeEndpoint } from '../domain/node/node.facts.ts';
import { nounOfStream, nouns } from '../domain/nouns.ts';
import type { Balancer } from '../domain/ports/balancer.ts';
import type { Reign } from '../domain/ports/election.ts';
import type { Accepted, Engine } from '../domain/ports/engine.ts';
import type { Counters, GateSources } from '../domain/ports/gates.ts';
import type { HostFault, HostOffer, HostRuntime } from '../domain/ports/hosts.ts';
import type { Probe } from '../domain/ports/probes.ts';
import type { Trace } from '../domain/ports/trace.ts';
import type { Views } from '../domain/ports/views.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import type { TrafficSettings } from '../domain/traffic/settings.ts';
import { createAutoscaler } from './autoscaler.ts';
import { createConductor } from './conductor.ts';
import { declareGoneEffect, declareUnreachableEffect, deployEffect, releaseEffect, supersedeEffect } from './crossing.ts';
import { deadlineEffect } from './deadlines.ts';
import { createDirectory } from './directory.ts';
import { type EffectKind, performedEffects } from './effects.ts';
import type { Cause } from './envelope.ts';
import { foldStream } from './folded.ts';
import { createGates } from './gates.ts';
import { createHooks } from './hooks.ts';
import { createHosts, type Pace, USUAL_PACE } from './hosts.ts';
import { createHostWork } from './hostWork.ts';
import { createIntake } from './intake.ts';
import { createLeases } from './leases.ts';
import { createPerformer, type Effect, type Performer } from './performer.ts';
import { createPerNode } from './perNode.ts';
import { PlannedPlaces } from './plannedPlaces.ts';
import { createPlanWork, planEffect } from './planWork.ts';
import { previewer } from './preview/preview.ts';
import { createProbing } from './probes.ts';
import { createRebalancer } from './rebalancer.ts';
import { createReconciler } from './reconciler.ts';
import { createRegistrar } from './registrar.ts';
import { recordRequest } from './requestRoot.ts';
import { createScheduler, type PlacementChoice, type Scheduler } from './scheduler.ts';
import { stoppableClock } from './stoppableClock.ts';
import { learnStrategy } from './strategyBook.ts';
import type { Tell } from './tell.ts';
import { createTimers } from './timers.ts';
import { createTraffic } from './traffic.ts';
import { standingStreams, UnloadableStreams, unloadableOf } from './unloadable.ts';
import { wakeOwing } from './wakeOwing.ts';
import { refusalsOf } from './whyNot.ts';

export type EngineOptions = {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The UUID of version 5 of an instance's name; by the package `uuid` where absent, which takes its time. */
  readonly instanceId?: (name: string) => string;
  readonly sealer: Sealer;
  /** Live views, and how facts reach them. */
  readonly views: Views & { take(batch: readonly Recorded[], onBroken: (recorded: Recorded, error: unknown) => void): void };
  readonly probe: Probe;
  /** Whom gates ask; without them such a gate learns nothing, and fails at its deadline. */
  readonly gateSources?: GateSources;
  /** What the balancers count, for gates and policies over the traffic; without them such a gate learns nothing, and nothing is scaled by it. */
  readonly counters?: Counters;
  /** Shows appends and host calls in the trace of what led to them. */
  readonly trace?: Trace;
  /** The lease that was won in an election, where engines share the log; whoever has a log of its own always leads. */
  readonly reign?: Pick<Reign, 'holds' | 'lost'>;
  /** Who this engine is, for its lease. */
  readonly holder: string;
  /** Reads a strategy that an operator registered from its recorded text. @throws Error where it can't be read */
  readonly readStrategy?: (source: string, id: string) => AnyStrategy;
  readonly pace?: Pace;
  /** What leads clients to the apps; none: nobody does. Closed by who opened them. */
  readonly balancers?: readonly Balancer[];
  readonly traffic?: TrafficSettings;
  /** How long what is left of an ended instance stays on its host, ms. */
  readonly remainsKeptMs?: number;
  /** How places are chosen where it is not as usual. */
  readonly placement?: PlacementChoice;
  /**
   * Health, gates and autoscaling are told from outside, as where a recorded past is played again: this engine asks and measures nobody.
   */
  readonly isTold?: boolean;
  openHost(node: string, endpoint: RuntimeEndpoint, offer: NodeOffer): Promise<HostRuntime>;
  probeOffer(endpoint: RuntimeEndpoint): TaskEither<HostFault, HostOffer>;
  /** A stream whose history does not fold; its actor stands still. */
  onQuarantined?(stream: StreamName, why: string): void;
  /** Streams that stand still already, and why, where the views have been fed by somebody else before. */
  readonly standingStill?: ReadonlyMap<StreamName, string>;
  /** Starts although this version can't go on with some streams: each of them stands still. Without it the engine refuses to start then. */
  readonly quarantineUnloadable?: boolean;
  /** A successor has taken the lease: nothing this engine appends counts any more, and it stops. */
  onFenced?(term: number): void;
};

export type RunningEngine = Engine & {
  readonly scheduler: Pick<Scheduler, 'ledger' | 'waiting'>;
  readonly performer: Pick<Performer, 'owedBy' | 'count'>;
  active(): number;
  /** Stops deciding and performing. What runs goes on running. */
  stop(): Promise<void>;
};

/**
 * Reads the log to its head, takes the lease, performs all that is owed, and goes on from there: a start and a restart are one.
 * @throws UnloadableStreams before it takes the lease, where it could not go on with a live stream; Error where the reign is over by then
 */
export const startEngine = async (options: EngineOptions): Promise<RunningEngine> => {
  const { log, ids, sealer, views, isTold = false } = options;
  const clock = stoppableClock(options.clock);
  let term = 0;
  let live = false;
  let since = 0;
  let stopped = false;
  let fenced = false;
  let trouble: string | undefined;
  const leases = createLeases();
  const leads = (): boolean => options.reign?.holds() ?? true;
  /** Rejects where the lease is over before it was written down: then nobody answers whoever waits for that. */
  const tooLate = Promise.withResolvers<never>();
  tooLate.promise.catch(() => undefined);
  void options.reign?.lost.then((why) => tooLate.reject(new Error(why)));

  const report = (): Cause => {
    const id = ids.next();
    return { correlationId: id, causationId: id, by: ENGINE };
  };
  const shellPorts = {
    log,
    onLogAnswer: (fault: AppendFault | undefined) => {
      trouble = fault?._tag === 'Unavailable' ? fault.reason : undefined;
    },
    clock,
    ids,
    sealer,
    term: () => term,
    isVoid: (stored: StoredFact) => leases.isVoid(stored),
    // Instances only: their ids are never given twice, while a stream of another name may have been archived and begin anew.
    isUnheardOf: (stream: StreamName) => live && nounOf(stream) === INSTANCE && !views.roster.has(stream),
    leads,
    ...(options.trace !== undefined && { trace: options.trace }),
    onFenced: (by: number) => {
      if (fenced) return;
      fenced = true;
      tooLate.reject(new Error(`term ${by} leads now`));
      options.onFenced?.(by);
      // What this engine believes is history from here on, and none of its business to make true.
      void stop();
    },
  };

  const directory = createDirectory({
    ...shellPorts,
    onCommitted: (stream, folded, owed) => {
      if (!stopped && leads()) performer.committed(stream, folded, owed);
    },
    onQuarantined: (stream, why) => {
      planWork.look();
      options.onQuarantined?.(stream, why);
    },
  });
  const tell: Tell = (stream, command, cause, settle) =>
    directory.tell(stream, settle === undefined ? { command, cause } : { command, cause, settle });

  const places = new PlannedPlaces();
  const scheduler = createScheduler(views, clock, tell, options.placement, places);
  const rebalancer = createRebalancer(views, clock, tell, scheduler.ledger, places, options.instanceId);
  const conductor = createConductor(views, clock, tell, options.instanceId);
  const hooks = createHooks(views, clock, tell);
  const perNode = createPerNode(views, clock, ids, tell);
  const planWork = createPlanWork(views, clock, tell, (stream) => directory.quarantined().get(stream));
  const registrar = createRegistrar(views, clock, tell);
  const timers = createTimers(views.roster, clock, (stream) =>
    directory.tell(stream, { command: { type: 'LookAtTimers' }, cause: report() }),
  );
  const reconciler = createReconciler({
    views,
    clock,
    tell,
    report,
    isStarting: (instance) => work.isStarting(instance),
    ...(options.remainsKeptMs !== undefined && { remainsKeptMs: options.remainsKeptMs }),
  });
  const hosts = createHosts({ views, clock, tell, reconciler, report, pace: options.pace ?? USUAL_PACE, open: options.openHost });
  // Who leads no more asks no host for anything, whatever it still believes to be owed.
  const host: typeof hosts.get = (node) => (leads() ? hosts.get(node) : undefined);
  const traffic = createTraffic({
    views,
    clock,
    tell,
    balancers: options.balancers ?? [],
    ...(options.traffic !== undefined && { settings: options.traffic }),
  });
  const work = createHostWork({
    views,
    clock,
    tell,
    host,
    performer: () => performer,
    since: () => since,
    left: traffic.left,
    ...(options.trace !== undefined && { trace: options.trace }),
  });
  const counters = options.counters ?? countersOf(options.balancers ?? []);
  const probing = createProbing({ views, clock, tell, report, host, probe: options.probe });
  const autoscaler = createAutoscaler({
    views,
    clock,
    ids,
    tell,
    report,
    host,
    ...(counters !== undefined && { counters }),
  });
  const gates = createGates({
    views,
    clock,
    tell,
    ...(options.gateSources !== undefined && { sources: options.gateSources }),
    ...(counters !== undefined && { counters }),
  });
  const performer = createPerformer({
    place: scheduler.place,
    evict: scheduler.evict,
    run: work.run,
    stop: work.stop,
    probe: isTold ? LEFT_TO_OTHERS : probing.effect,
    want: conductor.want,
    watch: conductor.watch,
    gates: isTold ? LEFT_TO_OTHERS : gates.effect,
    deploy: deployEffect(views, tell),
    supersede: supersedeEffect(views, tell),
    plan: planEffect(tell),
    hold: planWork.hold,
    advance: planWork.advance,
    settle: planWork.settle,
    release: releaseEffect(views, tell),
    approval: { perform: () => {} },
    hook: hooks.effect,
    deadline: deadlineEffect(clock, tell),
    traffic: traffic.effect,
    observe: hosts.observe,
    reconcile: hosts.reconcile,
    declareUnreachable: declareUnreachableEffect(views, tell),
    declareGone: declareGoneEffect(views, tell),
    move: rebalancer.move,
  } satisfies Record<EffectKind, Effect>);

  const intake = createIntake({
    views,
    sealer,
    leases,
    readStrategy: options.readStrategy,
    isQuarantined: (stream) => directory.quarantined().has(stream),
    quarantine: (stream, why) => directory.quarantine(stream, why),
  });

  const standing = standingStreams(views.roster);
  const take = (delivered: readonly StoredFact[]): void => {
    const batch = intake(delivered);
    if (live && leases.newest() > term) shellPorts.onFenced(leases.newest());
    if (!live) {
      for (const one of delivered) if (directory.quarantined().has(one.stream)) standing.take(one);
      return;
    }
    scheduler.take(batch);
    conductor.take(batch);
    rebalancer.take(batch);
    hooks.take(batch);
    // Nearly all facts are of instances, of which these know nothing.
    const others = batch.filter(({ stream }) => nounOf(stream) !== INSTANCE);
    if (others.length > 0) {
      perNode.take(others);
      planWork.take(others);
      registrar.take(others);
      probing.take(others);
      if (!isTold) autoscaler.take(others);
    }
    traffic.take(batch);
    timers.take(batch);
  };

  const precede: Engine['precede'] = (stream, command, { id, by, traceparent }) =>
    new Promise((settle) => {
      const cause: Cause = { correlationId: id, causationId: id, by, ...(traceparent !== undefined && { traceparent }) };
      directory.tell(stream, { command, cause, settle, isAwaited: true });
    });

  const submit: Engine['submit'] = (stream, command, request) =>
    new Promise<E.Either<Refusal, Accepted>>((settle) => {
      const { id, by, traceparent } = request;
      const cause: Cause = { correlationId: id, causationId: id, by, ...(traceparent !== undefined && { traceparent }) };
      directory.tell(stream, { command, cause, request, settle });
    });

  let subscription: Subscription | undefined;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    live = false;
    timers.stop();
    probing.prober.close();
    gates.close();
    traffic.stop();
    directory.stop();
    clock.stop();
    await hosts.close();
    await subscription?.close();
  };

  // Views that know a part of the log already are spared it; what strategies it registered is in them.
  for (const row of views.strategies.all()) learnStrategy(row.id, row.source, options.readStrategy);
  for (const [stream, why] of options.standingStill ?? []) directory.quarantine(stream, why);
  leases.load(await log.readStream(ENGINE_LEASE), views.position());
  subscription = await log.subscribe(views.position(), take);
  const startedAt = clock.now();
  // All rows are looked through only where one of their kinds can't be gone on with.
  const isSuspect = unloadableOf(views.roster.kinds(), nouns, performedEffects).length > 0;
  const sound = isSuspect ? [...views.roster.all()].filter(({ stream }) => !directory.quarantined().has(stream)) : [];
  const unloadable = unloadableOf([...sound, ...standing.rows()], nouns, performedEffects);
  if (unloadable.length > 0 && options.quarantineUnloadable !== true) {
    await stop();
    throw new UnloadableStreams(unloadable);
  }
  for (const { stream, why } of unloadable) directory.quarantine(stream, why);
  term = (await leaseTerm(log, sealer)) + 1;
  try {
    await Promise.race([takeLease(tell, term, options.holder, report()), tooLate.promise]);
  } catch (error) {
    await stop();
    throw error;
  }
  live = true;
  since = log.head();
  scheduler.load();
  timers.load();
  registrar.load(report());
  hooks.load(report());
  perNode.load(report());
  if (!isTold) autoscaler.load();
  traffic.load();
  void wakeOwing({
    roster: views.roster,
    wake: directory.wake,
    answered: () => log.readStream(ENGINE_LEASE, { max: 1 }),
    isStopped: () => stopped,
  });

  return {
    views,
    log,
    clock: options.clock,
    ids,
    startedAt,
    term,
    submit,
    precede,
    recordRefusal: async (stream, command, request, refused) => {
      const { id, by, body, traceparent } = request;
      const cause: Cause = { correlationId: id, causationId: id, by, ...(traceparent !== undefined && { traceparent }) };
      const outcome = { kind: 'refused', code: refused.code, message: refused.message } as const;
      await recordRequest(shellPorts, id, { command, subject: stream, body, outcome }, cause);
    },
    decode: (stored) => recordedOf(stored, sealer),
    owedBy: performer.owedBy,
    host,
    probeOffer: options.probeOffer,
    healthOf: probing.prober.healthOf,
    readinessOf: probing.prober.readinessOf,
    preview: previewer({ views, log, sealer, clock, ledger: scheduler.ledger }),
    refusalsOf: (app, version) => refusalsOf(views, scheduler.ledger, app, version),
    strategyProblems,
    checkOf: probing.prober.checkOf,
    readingsOf: gates.readingsOf,
    logTrouble: () => trouble,
    traffic,
    scheduler,
    performer,
    quarantined: directory.quarantined,
    active: directory.active,
    stop,
  };
};

const LEFT_TO_OTHERS: Effect = { perform: () => {} };

/** What all balancers together have counted; undefined where there is none. */
const countersOf = (balancers: readonly Balancer[]): Counters | undefined =>
  balancers.length === 0 ? undefined : async () => (await Promise.all(balancers.map((balancer) => balancer.counters()))).flat();

const leaseTerm = async (log: EventLog, sealer: Sealer): Promise<number> => {
  const folded = foldStream(nounOfStream(ENGINE_LEASE), await log.readStream(ENGINE_LEASE), sealer);
  return (folded?.state.context as { term: number } | undefined)?.term ?? 0;
};

const takeLease = (tell: Tell, term: number, holder: string, cause: Cause): Promise<void> =>
  new Promise((resolve, reject) => {
    const command: LeaseCommand = { type: 'TakeLease', term, holder };
    tell(ENGINE_LEASE, command as Command, cause, (result) => {
      if (E.isLeft(result)) reject(new Error(result.left.message));
      else resolve();
    });
  });
