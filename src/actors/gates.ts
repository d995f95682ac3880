import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { type GateReading, type GateSpec, gateSpecs } from '../domain/gate/gate.facts.ts';
import { deadlineMsOf, NOTHING_SEEN, type Standing, take, type Verdict, verdictOf } from '../domain/gate/judge.ts';
import { keyOf, type StreamName } from '../domain/kernel/ids.ts';
import { same } from '../domain/kernel/same.ts';
import type { Instant } from '../domain/kernel/units.ts';
import type { GateState } from '../domain/ports/engine.ts';
import { type Meter, meterOf, type Sources, type Subject } from './gating/measure.ts';
import { type Debt, type Effect, isSameEntry } from './performer.ts';
import { laneOf } from './probing/lane.ts';
import { nextProbe } from './probing/targets.ts';
import { engineCause, type Tell } from './tell.ts';

/** Readings that are kept of one gate; older ones have been judged and are forgotten. */
export const READINGS_KEPT = 240;
/** Readings that one fact holds, of all its gates together: the newest of each. */
export const READINGS_PER_FACT = 240;
/** Gates that are measured at once; what is more waits its turn. */
export const GATES_MEASURED_AT_ONCE = 32;

type Owed = Subject & { readonly gates: readonly GateSpec[]; readonly paused: boolean };
type Watched = { readonly spec: GateSpec; readonly meter: Meter; standing: Standing; readings: GateReading[] };
type Watching = {
  debt: Debt;
  readonly began: Instant;
  readonly watched: readonly Watched[];
  readonly timers: Set<() => void>;
  isAnswered: boolean;
};

export type Gates = {
  readonly effect: Effect;
  /** Live only: what the gates of a deployment have read since they were begun, and where they stand. Empty when none is measured. */
  readingsOf(deployment: string): readonly GateState[];
  close(): void;
};

/**
 * Measures the gates that deployments owe, each at its own interval, until all of a list pass at once or one of them fails. What was
 * measured is not recorded before that, so after a crash, and after a pause, measuring begins anew.
 */
export const createGates = (ports: Sources & { readonly tell: Tell }): Gates => {
  const { clock, tell } = ports;
  const watchings = new Map<StreamName, Watching>();
  const lane = laneOf(GATES_MEASURED_AT_ONCE);

  const owedOf = ({ params }: Debt): Owed => params as Owed;
  const isOn = (watching: Watching): boolean => watchings.get(watching.debt.stream) === watching && !watching.isAnswered;

  const end = (stream: StreamName): void => {
    const watching = watchings.get(stream);
    for (const cancel of watching?.timers ?? []) cancel();
    watchings.delete(stream);
  };
  const after = (watching: Watching, ms: number, work: () => void): void => {
    const cancel = clock.schedule(ms, () => {
      watching.timers.delete(cancel);
      work();
    });
    watching.timers.add(cancel);
  };

  const begin = (debt: Debt): void => {
    end(debt.stream);
    const { gates, paused } = owedOf(debt);
    if (paused) return;
    const began = clock.now();
    const parsed = gateSpecs.safeParse(gates);
    const watched = (parsed.data ?? []).map(
      (spec): Watched => ({ spec, meter: meterOf(spec, began, ports), standing: NOTHING_SEEN, readings: [] }),
    );
    const watching: Watching = { debt, began, watched, timers: new Set(), isAnswered: false };
    watchings.set(debt.stream, watching);
    if (!parsed.success) answer(watching, notUnderstood(gates, parsed.error.issues));
    else if (watched.length === 0) answer(watching, { type: 'ReportGatesPassed', readings: [] });
    for (const one of watched) {
      measureAt(watching, one, began);
      after(watching, deadlineMsOf(one.spec), () => settle(watching));
    }
  };
  const measureAt = (watching: Watching, one: Watched, due: Instant): void =>
    after(watching, due - clock.now(), () => lane.add(() => measure(watching, one, due)));
  const measure = async (watching: Watching, one: Watched, due: Instant): Promise<void> => {
    if (!isOn(watching)) return;
    const { spec } = one;
    const reading = await one.meter(owedOf(watching.debt)).catch(
      (error): GateReading => ({
        gate: spec.name,
        atMs: Math.max(0, clock.now() - watching.began),
        samples: one.standing.samples,
        note: String(error),
      }),
    );
    if (!isOn(watching)) return;
    one.standing = take(spec, one.standing, reading);
    one.readings.push(reading);
    if (one.readings.length > READINGS_KEPT) one.readings.shift();
    settle(watching);
    if (isOn(watching)) measureAt(watching, one, nextProbe(due, spec.intervalSeconds * 1000, clock.now()));
  };

  const verdict = ({ began }: Watching, { spec, standing }: Watched): Verdict => verdictOf(spec, standing, clock.now() - began);
  /** Answers at the first failure, or when all pass at the same time. */
  const settle = (watching: Watching): void => {
    if (!isOn(watching)) return;
    const verdicts = watching.watched.map((one) => ({ gate: one.spec.name, ...verdict(watching, one) }));
    const readings = readingsFor(watching.watched);
    const failed = verdicts.find((each) => each._tag === 'failed');
    if (failed !== undefined) answer(watching, { type: 'ReportGateFailed', gate: failed.gate, reason: failed.reason, readings });
    else if (verdicts.every(({ _tag }) => _tag === 'passed')) answer(watching, { type: 'ReportGatesPassed', readings });
  };
  /** Said once per entry: a state that goes on owing after it was told has dropped the answer, and owes anew when it wants another. */
  const answer = (watching: Watching, command: DeploymentCommand): void => {
    watching.isAnswered = true;
    for (const cancel of watching.timers) cancel();
    watching.timers.clear();
    const { stream, entryRevision, cause } = watching.debt;
    tell(stream, { ...command, answers: entryRevision } as never, engineCause(cause));
  };

  return {
    effect: {
      perform: (debt) => {
        const known = watchings.get(debt.stream);
        // Which old versions are left may change meanwhile, and is no reason to begin anew.
        if (known !== undefined && isSameEntry(known.debt, debt) && asksAlike(owedOf(known.debt), owedOf(debt))) known.debt = debt;
        else begin(debt);
      },
      release: ({ stream, ...debt }) => {
        const known = watchings.get(stream);
        if (known !== undefined && isSameEntry(known.debt, debt)) end(stream);
      },
    },
    readingsOf: (deployment) => {
      const watching = [...watchings].find(([stream]) => keyOf(stream) === deployment)?.[1];
      if (watching === undefined) return [];
      return watching.watched.map((one) => ({ gate: one.spec.name, ...verdict(watching, one), readings: [...one.readings] }));
    },
    close: () => {
      for (const stream of [...watchings.keys()]) end(stream);
    },
  };
};

/** A strategy may put its gates together by itself; what nobody can measure stops it. */
const notUnderstood = (
  gates: readonly GateSpec[],
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
) => {
  const [{ path = [], message = '' } = {}] = issues;
  const gate = gates[Number(path[0])]?.name;
  return { type: 'ReportGateFailed', gate: String(gate ?? 'gates'), reason: `${path.join('.')}: ${message}`, readings: [] } as const;
};

const asksAlike = (a: Owed, b: Owed): boolean => a.app === b.app && a.fresh === b.fresh && a.paused === b.paused && same(a.gates, b.gates);

/** Each gate's newest, as many of each as of any other, in the order of time. */
const readingsFor = (watched: readonly Watched[]): readonly GateReading[] => {
  const each = Math.max(1, Math.floor(READINGS_PER_FACT / watched.length));
  return watched.flatMap(({ readings }) => readings.slice(-each)).sort((a, b) => a.atMs - b.atMs);
};
