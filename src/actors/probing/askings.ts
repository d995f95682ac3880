import type { Due } from '../../domain/kernel/dueHeap.ts';
import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { ProbeAnswer, ProbeTarget } from '../../domain/ports/probes.ts';
import { firstHealthProbe, firstReadinessProbe, healthTarget, readinessTarget, shareOf, type Watched } from './targets.ts';
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
  /** Its place in the heap, while it waits there. */
  waiting?: Due<Asking>;
};

/**
 * Everything that is to be asked of one instance, and when each is asked first.
 * @param subject the watched one as it is now: its host's connection may change
 */
export const askingsOf = (
  watch: Watch,
  subject: () => Watched,
  clock: Clock,
): readonly { readonly asking: Asking; readonly first: Instant }[] => {
  const { healthChecks, readinessChecks, startedAt, instance } = watch.subject;
  const now = clock.now();
  const health = healthChecks.map((check, index) => ({
    first: firstHealthProbe(check, startedAt, now, shareOf(`${instance}#${index}`)),
    asking: {
      watch,
      intervalMs: check.intervalSeconds * 1000,
      timeoutMs: check.timeoutSeconds * 1000,
      target: () => healthTarget(check, subject()),
      take: (answer: ProbeAnswer) => watch.takeHealth(index, answer, clock.now()),
      isDone: () => false,
    },
  }));
  // Marathon takes one readiness check per app.
  const readiness = readinessChecks.slice(0, 1).map((check) => ({
    first: firstReadinessProbe(check, now, shareOf(`${instance}#ready`)),
    asking: {
      watch,
      intervalMs: check.intervalSeconds * 1000,
      timeoutMs: check.timeoutSeconds * 1000,
      target: () => readinessTarget(check, subject()),
      take: (answer: ProbeAnswer) => watch.takeReadiness(answer),
      isDone: () => watch.isReadinessSettled,
    },
  }));
  return [...health, ...readiness];
};
