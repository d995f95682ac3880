import { FAILURES } from '../../domain/instance/instance.states.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { PastLog } from '../../domain/ports/past.ts';

/** Facts of an owner whose requests are followed, and instances that are read: the newest. */
const OWNER_FACTS_MAX = 20;
const INSTANCES_MAX = 40;

export type Launches = {
  /** Of each that did not start, or ended without having been asked to: the fact that says so. */
  readonly failed: readonly Recorded[];
  /** Of each that found no place: the fact that says so last. */
  readonly waiting: readonly Recorded[];
};

/** What became of the instances that an owner asked for, as far as they are looked at. */
export const launchesOf = (past: PastLog, owner: readonly Recorded[], position: number): Launches => {
  const asked = owner
    .slice(-OWNER_FACTS_MAX)
    .flatMap(({ id }) => past.causedBy(id, position).filter(({ fact }) => fact.type === 'InstanceRequested'));
  const failed: Recorded[] = [];
  const waiting: Recorded[] = [];
  for (const { stream } of asked.slice(-INSTANCES_MAX)) {
    const facts = past.stream(stream, position);
    const end = facts.find(({ fact, meta }) => FAILURES.has(fact.type) && (meta.state === 'failed' || meta.state === 'exited'));
    if (end !== undefined) failed.push(end);
    const last = facts.at(-1);
    if (last?.fact.type === 'PlacementDeferred') waiting.push(last);
  }
  return { failed: failed.toSorted((a, b) => a.position - b.position), waiting };
};
