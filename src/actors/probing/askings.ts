import type { GenericCheck, HealthCheck } from '../../domain/app/definition/checks.ts';
import type { Due } from '../../domain/kernel/dueHeap.ts';
import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { ProbeAnswer, ProbeTarget } from '../../domain/ports/probes.ts';
import { checkTarget, firstCheck, firstHealthProbe, firstReadinessProbe, healthTarget, readinessTarget, shareOf } from './targets.ts';
import type { ProbeEvent, Watch } from './watch.ts';

/** One check of one instance. It waits in the heap, stands in its lane or is under way: never two of these. */
export type Asking = {
  readonly watch: Watch;
  readonly intervalMs: Millis;
  readonly timeoutMs: Millis;
  /** Where to ask now, or why that is not possible. */
  target(): ProbeTarget | ProbeAnswer | string;
  take(answer: ProbeAnswer): readonly ProbeEvent[];
  /** Nothing more to ask. */
  isDone(): boolean;
  /** When it is due as the first question, by its timing now. */
  first(): Instant;
  wasAsked: boolean;
  /** Its place in the heap, while it waits there. */
  waiting?: Due<Asking>;
};

/** Everything that is to be asked of one instance. Timing is read from the watch each time: it may change while it is watched. */
export const askingsOf = (watch: Watch, clock: Clock): readonly Asking[] => {
  const { healthChecks, readinessChecks, check: informational, startedAt, instance } = watch.subject;
  const began = clock.now();
  const asking = (check: () => Timed, rest: Omit<Asking, 'watch' | 'intervalMs' | 'timeoutMs' | 'wasAsked'>): Asking => ({
    watch,
    wasAsked: false,
    get intervalMs() {
      return check().intervalSeconds * 1000;
    },
    get timeoutMs() {
      return check().timeoutSeconds * 1000;
    },
    ...rest,
  });
  const health = healthChecks.map((_, index) => {
    const check = () => watch.subject.healthChecks[index] as HealthCheck;
    return asking(check, {
      first: () => firstHealthProbe(check(), startedAt, began, shareOf(`${instance}#${index}`)),
      target: () => healthTarget(check(), watch.subject),
      take: (answer) => watch.takeHealth(index, answer, clock.now()),
      isDone: () => false,
    });
  });
  // Marathon takes one readiness check per app.
  const readiness = readinessChecks.slice(0, 1).map((check) =>
    asking(() => check, {
      first: () => firstReadinessProbe(check, began, shareOf(`${instance}#ready`)),
      target: () => readinessTarget(check, watch.subject),
      take: (answer) => watch.takeReadiness(answer),
      isDone: () => watch.isReadinessSettled,
    }),
  );
  if (informational === undefined) return [...health, ...readiness];
  const check = () => watch.subject.check as GenericCheck;
  const shown = asking(check, {
    first: () => firstCheck(check(), startedAt, began, shareOf(`${instance}#check`)),
    target: () => checkTarget(check(), watch.subject),
    take: (answer) => {
      watch.takeCheck(answer);
      return [];
    },
    isDone: () => false,
  });
  return [...health, ...readiness, shown];
};

type Timed = { readonly intervalSeconds: number; readonly timeoutSeconds: number };
