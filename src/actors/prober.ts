import { sameChecks } from '../domain/app/definition/restarts.ts';
import { type Due, dueHeap } from '../domain/kernel/dueHeap.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import { same } from '../domain/kernel/same.ts';
import type { Instant, Millis } from '../domain/kernel/units.ts';
import type { CheckResult, HealthResult, ReadinessResult } from '../domain/ports/engine.ts';
import type { Probe, ProbeAnswer, ProbeTarget } from '../domain/ports/probes.ts';
import { type Asking, askingsOf } from './probing/askings.ts';
import { laneOf } from './probing/lane.ts';
import { nextProbe, type Watched } from './probing/targets.ts';
import { type ProbeEvent, type Watch, watchOf } from './probing/watch.ts';

export type { ProbeEvent, Watched };

/** HTTP and TCP probes under way at once: Marathon's `max_concurrent_marathon_health_checks`. */
export const NETWORK_PROBES_AT_ONCE = 256;
/** Commands cost their host a process each. */
export const COMMAND_PROBES_AT_ONCE = 8;
/** A probe that starts so much after its time is counted as late. */
export const LATE_START_MS = 1_000;

export type ProberGauges = {
  readonly watched: number;
  /** Probes that wait for a place in their lane. */
  readonly queued: number;
  readonly underWay: number;
  readonly started: number;
  /** Starts later than LATE_START_MS, ever. */
  readonly lateStarts: number;
  /** The latest start ever. */
  readonly worstLatenessMs: Millis;
};

export type Prober = {
  /**
   * Watching again what is watched already tells its standing again, and goes on with the timing that its checks have now; with another
   * start, place or question it begins anew.
   */
  watch(subject: Watched): void;
  /** Answers that are still to come are dropped. */
  unwatch(instance: string): void;
  /** One result for each health check that has one, in their order. */
  healthOf(instance: string): readonly HealthResult[];
  readinessOf(instance: string): readonly ReadinessResult[];
  /** undefined where there is no informational check, or nobody watches. */
  checkOf(instance: string): CheckResult | undefined;
  gauges(): ProberGauges;
  /** Forgets all and cancels its timer. */
  close(): void;
};

type Entry = { readonly watch: Watch; readonly askings: readonly Asking[] };

/**
 * Asks every check of every watched instance at its time, and tells what changed. Scheduling and verdicts only: how to ask is `probe`'s,
 * when it is the clock's. One timer, for the earliest of all checks.
 * @param onStart told how late each probe starts, in milliseconds: for metrics
 */
export const createProber = (options: {
  readonly clock: Clock;
  readonly probe: Probe;
  readonly report: (instance: string, event: ProbeEvent) => void;
  readonly onStart?: (latenessMs: Millis) => void;
}): Prober => {
  const { clock, probe, report, onStart } = options;
  const watches = new Map<string, Entry>();
  const heap = dueHeap<Asking>();
  const network = laneOf(NETWORK_PROBES_AT_ONCE);
  const commands = laneOf(COMMAND_PROBES_AT_ONCE);
  let alarm: { readonly due: Instant; readonly cancel: () => void } | undefined;
  let [started, lateStarts, worstLatenessMs] = [0, 0, 0];

  const isWatched = (watch: Watch): boolean => watches.get(watch.subject.instance)?.watch === watch;
  const tell = (watch: Watch, events: readonly ProbeEvent[]): void => {
    for (const event of events) if (isWatched(watch)) report(watch.subject.instance, event);
  };
  const setAlarm = (): void => {
    const due = heap.first()?.due;
    if (due === alarm?.due) return;
    alarm?.cancel();
    alarm = due === undefined ? undefined : { due, cancel: clock.schedule(due - clock.now(), ring) };
  };
  const ring = (): void => {
    alarm = undefined;
    for (let next = heap.take(clock.now()); next !== undefined; next = heap.take(clock.now())) enqueue(next);
    setAlarm();
  };
  const enqueue = ({ item, due }: Due<Asking>): void => {
    if (!isWatched(item.watch)) return;
    const target = item.target();
    const lane = typeof target !== 'string' && 'kind' in target && target.kind === 'command' ? commands : network;
    lane.add(() => ask(item, due, target));
  };
  const ask = async (asking: Asking, due: Instant, target: ProbeTarget | ProbeAnswer | string): Promise<void> => {
    if (!isWatched(asking.watch)) return;
    const lateness = clock.now() - due;
    started++;
    if (lateness > LATE_START_MS) lateStarts++;
    if (lateness > worstLatenessMs) worstLatenessMs = lateness;
    onStart?.(lateness);
    asking.wasAsked = true;
    const answer = await answerOf(target, asking.timeoutMs);
    if (!isWatched(asking.watch)) return;
    tell(asking.watch, asking.take(answer));
    if (!asking.isDone() && isWatched(asking.watch)) wait(asking, nextProbe(due, asking.intervalMs, clock.now()));
  };
  const answerOf = async (target: ProbeTarget | ProbeAnswer | string, timeoutMs: Millis): Promise<ProbeAnswer> => {
    if (typeof target === 'string') return failed(target);
    return 'kind' in target ? probe(target, timeoutMs).catch((thrown) => failed(String(thrown))) : target;
  };
  const wait = (asking: Asking, due: Instant): void => {
    asking.waiting = heap.add(due, asking);
    setAlarm();
  };

  const forget = (instance: string): void => {
    for (const { waiting } of watches.get(instance)?.askings ?? []) if (waiting !== undefined) heap.remove(waiting);
    watches.delete(instance);
    setAlarm();
  };
  const begin = (subject: Watched): void => {
    forget(subject.instance);
    const watch = watchOf(subject);
    const askings = askingsOf(watch, clock);
    watches.set(subject.instance, { watch, askings });
    for (const asking of askings) wait(asking, asking.first());
    tell(watch, watch.begin());
  };
  /** The next question comes by the new timing; one that is waited for already is never put off. */
  const goOn = ({ watch, askings }: Entry, subject: Watched): void => {
    watch.subject = subject;
    for (const asking of askings) {
      const { waiting } = asking;
      if (waiting === undefined || !heap.remove(waiting)) continue;
      wait(asking, asking.wasAsked ? Math.min(waiting.due, clock.now() + asking.intervalMs) : asking.first());
    }
    tell(watch, watch.standing());
  };

  return {
    watch: (subject) => {
      const known = watches.get(subject.instance);
      if (known === undefined || !isSame(known.watch.subject, subject)) begin(subject);
      else goOn(known, subject);
    },
    unwatch: forget,
    healthOf: (instance) => watches.get(instance)?.watch.health() ?? [],
    readinessOf: (instance) => watches.get(instance)?.watch.readiness() ?? [],
    checkOf: (instance) => watches.get(instance)?.watch.check(),
    gauges: () => ({
      watched: watches.size,
      queued: network.waiting + commands.waiting,
      underWay: network.active + commands.active,
      started,
      lateStarts,
      worstLatenessMs,
    }),
    close: () => {
      for (const instance of [...watches.keys()]) forget(instance);
    },
  };
};

const isSame = (a: Watched, b: Watched): boolean =>
  a.startedAt === b.startedAt &&
  a.address === b.address &&
  a.ports.length === b.ports.length &&
  a.ports.every(({ port }, index) => port === b.ports[index]?.port) &&
  sameChecks(a.healthChecks, b.healthChecks) &&
  sameChecks(a.check === undefined ? [] : [a.check], b.check === undefined ? [] : [b.check]) &&
  same(a.readinessChecks, b.readinessChecks);

const failed = (cause: string): ProbeAnswer => ({ _tag: 'Failed', cause });
