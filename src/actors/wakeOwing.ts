import { INSTANCE } from '../domain/instance/instance.facts.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import { nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { RosterRow, RosterView } from '../domain/ports/views.ts';

/** Actors that recover at once when an engine starts: whoever asks for something meanwhile waits for no more reads than these. */
export const RECOVERING_MAX = 500;

export type Waking = {
  readonly roster: RosterView;
  wake(stream: StreamName): void;
  /** Resolves when the log has answered all reads that were asked for before. */
  answered(): Promise<unknown>;
  isStopped(): boolean;
};

/**
 * Wakes all that owe something: first those by which others move, then instances that owe a place, a start or an end, last those that are well
 * and owe the checks by which they stay so. The first ones at once, the others by and by.
 */
export const wakeOwing = async ({ roster, wake, answered, isStopped }: Waking): Promise<void> => {
  const turns: [StreamName[], StreamName[], StreamName[]] = [[], [], []];
  for (const row of roster.active()) if (row.owes !== '') turns[turnOf(row)].push(row.stream);
  let recovering = 0;
  for (const stream of turns.flat()) {
    if (recovering === RECOVERING_MAX) {
      recovering = 0;
      // A log that cannot be read now is asked again by each actor.
      await answered().catch(() => undefined);
    }
    if (isStopped()) return;
    recovering += 1;
    wake(stream);
  }
};

const turnOf = ({ stream, state, owes }: RosterRow): 0 | 1 | 2 => {
  if (nounOf(stream) !== INSTANCE) return 0;
  return owes === 'probe' && phaseOf(state) === 'ready' ? 2 : 1;
};
