import { phaseOf } from '../../domain/instance/instance.states.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';

/** After this fact its instance has ended, or is given up. */
export const isEnding = ({ meta }: Recorded): boolean => {
  const phase = phaseOf(meta.state);
  return phase === 'ended' || phase === 'forsaken';
};
