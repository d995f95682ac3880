import { either as E } from 'fp-ts';
import { type EngineOptions, type RunningEngine, startEngine } from '../../src/actors/engine.ts';
import { type SimulatedClock, simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import { podOf } from '../../src/adapters/hosts/members.ts';
import { withPods } from '../../src/adapters/hosts/pods/withPods.ts';
import type { SimulatedControls } from '../../src/adapters/hosts/simulated/controls.ts';
import type { SimulationProfile } from '../../src/adapters/hosts/simulated/profile.ts';
import { type SimulatedHosts, simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../../src/adapters/ids/seededIds.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import type { StreamName } from '../../src/domain/kernel/ids.ts';
import type { Ids, StoredFact } from '../../src/domain/kernel/ports.ts';
import type { Refusal } from '../../src/domain/kernel/refusal.ts';
import type { Millis } from '../../src/domain/kernel/units.ts';
import type { NodeOffer } from '../../src/domain/node/node.facts.ts';
import type { Accepted } from '../../src/domain/ports/engine.ts';
import type { Counters, GateSources } from '../../src/domain/ports/gates.ts';
import type { Probe } from '../../src/domain/ports/probes.ts';
import { createViews } from '../../src/projections/views.ts';
import { type InjectedFault, type MemoryLog, memoryLog } from '../support/memoryLog.ts';
import { plainSealer } from '../support/sealer.ts';
import { type Audit, createAudit } from './audit.ts';
import { afterEveryFact, type Invariant, rosterIsTheFold, startsOnce, toldIsRecorded } from './invariants.ts';
import { clockOf, createLife, hostOf, type Life, logOf, telling } from './life.ts';

export type Violation = { readonly invariant: string; readonly subject: StreamName; readonly says: string; readonly position: number };

/** One simulated cluster with its engine, as the script and the stories drive it. All but hosts, clock and log is production's own. */
export type SimulatedWorld = {
  readonly clock: SimulatedClock;
  readonly ids: Ids;
  readonly log: MemoryLog;
  readonly audit: Audit;
  readonly violations: readonly Violation[];
  /** Undefined while no engine runs. */
  engine(): RunningEngine | undefined;
  /** The fault of the next append, told the wire name of its first fact; an answer that comes later delays it. The log is well while it is undefined. */
  logFault: (type: string) => InjectedFault | Promise<InjectedFault>;
  /** Instances whose probes fail. */
  readonly sick: Set<string>;
  start(): Promise<void>;
  /** Begun and not ready yet. */
  isStarting(): boolean;
  /** The engine's process dies where it stands, now or at the nth place from now. */
  kill(places?: number): void;
  /** Undefined when no engine runs, or it died before it answered. */
  submit(stream: StreamName, command: Command): Promise<E.Either<Refusal, Accepted> | undefined>;
  controls(node: string): SimulatedControls;
  /** Instances that a host runs now. */
  running(): ReadonlyMap<string, readonly string[]>;
  /** Lets simulated time pass, settling all that comes due on the way. */
  pass(ms: Millis): Promise<void>;
  /** Checks that are made between two steps. */
  checkStep(): void;
};

export const START_OF_TIME = Date.UTC(2030, 0, 1);

/** More appends and calls to hosts than any honest work of these small worlds needs without waiting. */
const PASSES_AT_ONCE_MAX = 3000;

/** Sooner than in production, so that an hour of simulated time holds many of them. */
const PACE = { heartbeatMs: 2000, pingDeadlineMs: 1500, missedMax: 3, inventoryMs: 30_000 };

export const createSimulatedWorld = (options: {
  readonly seed: number;
  readonly profile?: Partial<SimulationProfile>;
  readonly gateSources?: GateSources;
  readonly counters?: Counters;
  readonly readStrategy?: EngineOptions['readStrategy'];
  /** More appends and calls to hosts in one instant than any honest work needs; as of small worlds where absent. */
  readonly passesAtOnceMax?: number;
}): SimulatedWorld => {
  const { seed, profile, gateSources, counters, readStrategy, passesAtOnceMax = PASSES_AT_ONCE_MAX } = options;
  const clock = simulatedClock(START_OF_TIME);
  const ids = seededIds(seed);
  const hosts: SimulatedHosts = simulatedHosts({ seed, clock, ...(profile !== undefined && { profile }) });
  const audit = createAudit(plainSealer);
  const violations: Violation[] = [];
  const offers = new Map<string, Omit<NodeOffer, 'portRanges'>>();
  const sick = new Set<string>();
  const writers = new WeakMap<StoredFact, Life>();
  let life: Life | undefined;
  let engine: RunningEngine | undefined;

  const log: MemoryLog = memoryLog({
    before: ({ facts }) => {
      countPass();
      return world.logFault(facts[0]?.type ?? '');
    },
  });
  let [passes, lastPass] = [0, 0];
  /** An engine that never waits would hang the simulation: it is stopped and called broken. */
  const countPass = (): void => {
    passes = clock.now() === lastPass ? passes + 1 : 0;
    lastPass = clock.now();
    if (passes < passesAtOnceMax || life === undefined) return;
    life.end();
    violations.push({
      invariant: 'the engine waits for something at last',
      subject: log.facts.at(-1)?.stream ?? '',
      says: `${passes} appends and calls in one instant`,
      position: log.head(),
    });
  };
  const judge = <S>(invariant: Invariant<S>, subject: S): void => {
    const broken = invariant.check(audit, subject);
    if (broken !== undefined) violations.push({ invariant: invariant.sentence, ...broken, position: log.head() });
  };
  void log.subscribe(0, (facts) => {
    for (const fact of facts) {
      if (life !== undefined) writers.set(fact, life);
      const known = audit.take(fact);
      for (const invariant of afterEveryFact) judge(invariant, known);
    }
  });

  const controls = (node: string): SimulatedControls => hosts.host(node, offers.get(node) ?? noOffer(node));

  const lives = new Map<string, { starts: string[]; running: Set<string> }>();
  const read = new Map<string, number>();
  /** What the hosts have done since the last look. */
  const lookAtHosts = (): void => {
    for (const node of offers.keys()) {
      const journal = controls(node).journal();
      for (let next = read.get(node) ?? 0; next < journal.length; next++) {
        const { what, instance } = journal[next] as (typeof journal)[number];
        if (what !== 'started' && what !== 'exited') continue;
        const there = lives.get(instance) ?? { starts: [], running: new Set<string>() };
        lives.set(instance, there);
        if (what === 'started') {
          there.starts.push(node);
          there.running.add(node);
        } else there.running.delete(node);
        judge(startsOnce, { instance, starts: there.starts, running: [...there.running] });
      }
      read.set(node, journal.length);
    }
  };
  const running = (): ReadonlyMap<string, readonly string[]> => {
    lookAtHosts();
    // Of a pod it is the holder that stands for all.
    const there = [...lives].filter(([instance, one]) => podOf(instance) === instance && one.running.size > 0);
    return new Map(there.map(([instance, one]) => [instance, [...one.running]]));
  };

  /** A port answers while a container that was given it runs there, is not sick, and can be reached. */
  const probe: Probe = async (target, timeoutMs) => {
    const answering = [...audit.instances.values()].find(
      ({ id, node, ports }) =>
        target.kind !== 'command' &&
        node !== undefined &&
        audit.nodes.get(node)?.offer.address === target.address &&
        ports.includes(target.port) &&
        lives.get(id)?.running.has(node) === true,
    );
    lookAtHosts();
    if (answering !== undefined && !sick.has(answering.id)) return { _tag: 'Succeeded' };
    await new Promise<void>((resolve) => clock.schedule(timeoutMs, resolve));
    return { _tag: 'Failed', cause: 'no answer' };
  };

  const start = async (): Promise<void> => {
    const mine = createLife(() => {
      engine = undefined;
      if (life === mine) life = undefined;
    });
    life = mine;
    const started = await startEngine({
      log: logOf(mine, log, (fact) => writers.get(fact) === mine),
      clock: clockOf(mine, clock),
      ids,
      sealer: plainSealer,
      views: createViews(),
      ...(gateSources !== undefined && { gateSources }),
      ...(counters !== undefined && { counters }),
      ...(readStrategy !== undefined && { readStrategy }),
      probe: (target, timeoutMs) => probe(target, timeoutMs).then((answer) => (mine.isOver ? new Promise(() => {}) : answer)),
      holder: `engine of ${clock.now()}`,
      pace: PACE,
      remainsKeptMs: 60_000,
      openHost: async (node, _endpoint, { portRanges: _, ...offer }) => {
        offers.set(node, offer);
        // The process may die between two containers of a pod, too; what it says to a pod is told once.
        const mortal = hostOf(mine, hosts.host(node, offer), countPass);
        return telling(node, withPods(mortal, clock), (told) => judge(toldIsRecorded, { ...told, at: clock.now() }));
      },
      probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'not simulated' }),
    });
    if (!mine.isOver) engine = started;
  };

  const world: SimulatedWorld = {
    clock,
    ids,
    log,
    audit,
    violations,
    sick,
    logFault: () => undefined,
    engine: () => engine,
    start,
    isStarting: () => life !== undefined && engine === undefined,
    kill: (places) => (places === undefined ? life?.end() : life?.dieAfter(places)),
    submit: async (stream, command) => {
      if (engine === undefined) return undefined;
      return engine.submit(stream, command, { id: ids.next(), by: 'operator', body: { type: command.type } });
    },
    controls,
    running,
    pass: async (ms) => {
      await clock.advanceSettling(clock.now() + ms);
      lookAtHosts();
    },
    checkStep: () => {
      lookAtHosts();
      if (engine === undefined) return;
      judge(rosterIsTheFold, engine.views.roster);
      for (const [stream, why] of engine.quarantined())
        violations.push({ invariant: 'nothing is quarantined', subject: stream, says: why, position: log.head() });
    },
  };
  return world;
};

const noOffer = (hostname: string) => ({ hostname, address: hostname, cpus: 0, mem: 0, disk: 0, gpus: 0 });
