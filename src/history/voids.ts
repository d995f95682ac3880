import type { Recorded } from '../domain/kernel/recorded.ts';
import { ENGINE_LEASE, type LeaseFact } from '../domain/lease/lease.ts';
import type { PastLog } from '../domain/ports/past.ts';

/** As `PastLog.isVoid`, for whoever asks of many facts: the leases up to now are read once. */
export const voidsOf = (past: Pick<PastLog, 'stream'>): ((recorded: Pick<Recorded, 'position' | 'meta'>) => boolean) => {
  const leases = past.stream(ENGINE_LEASE).flatMap(({ position, fact }) => {
    const taken = fact as LeaseFact;
    return taken.type === 'LeaseTaken' ? [{ position, term: taken.term }] : [];
  });
  const newestTerm = leases.reduce((most, { term }) => Math.max(most, term), 0);
  return ({ position, meta }) => meta.term < newestTerm && leases.some((lease) => lease.position < position && lease.term > meta.term);
};
