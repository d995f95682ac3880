import type { StoredFact } from '../../domain/kernel/ports.ts';
import { ENGINE_LEASE, type LeaseFact } from '../../domain/lease/lease.ts';
import type { Engine } from '../../domain/ports/engine.ts';

/** Whether a fact was written by a leader that had been succeeded already: it is shown as void, and nothing follows from it. */
export const voidTeller = async (engine: Engine): Promise<(stored: StoredFact) => boolean> => {
  const leases = (await engine.log.readStream(ENGINE_LEASE)).map((stored) => {
    const { term } = engine.decode(stored).fact as Extract<LeaseFact, { type: 'LeaseTaken' }>;
    return { position: stored.position, term };
  });
  // A lease that is taken while somebody listens raises the term for what follows it.
  let newest = leases.at(-1);
  return ({ position, type, stream, meta }) => {
    if (stream === ENGINE_LEASE && type.startsWith('LeaseTaken.') && position > (newest?.position ?? 0)) {
      newest = { position, term: meta.term };
      leases.push(newest);
    }
    return leases.some((lease) => lease.position < position && lease.term > meta.term);
  };
};
