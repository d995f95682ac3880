import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { Visit } from '../../domain/ports/timeline.ts';

/** The states that nothing leaves: a stay in one of them is no time that anything took. */
export type IsFinal = (state: string) => boolean;

/**
 * Stays in states, in order, of one stream's facts up to an instant. Facts that leave the state as it is do not end a stay, and final states
 * are no stay.
 */
export const visitsOf = (facts: readonly Recorded[], until: Instant, isFinal: IsFinal): readonly Visit[] => {
  const visits: Visit[] = [];
  let open: Recorded | undefined;
  const close = (at: Instant, end?: Recorded): void => {
    if (open === undefined || isFinal(open.meta.state)) return;
    const { meta, fact, position } = open;
    visits.push({
      state: meta.state,
      since: meta.at,
      ms: Math.max(0, at - meta.at),
      lasts: end === undefined,
      type: fact.type,
      position,
      ...(end !== undefined && { endedAt: end.position }),
    });
  };
  for (const recorded of facts) {
    if (open?.meta.state === recorded.meta.state) continue;
    close(recorded.meta.at, recorded);
    open = recorded;
  }
  close(until);
  return visits;
};
