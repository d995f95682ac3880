import { ENGINE_LEASE, type LeaseFact } from '../../domain/lease/lease.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import { dataOf } from './steps.ts';

/** The same past for one answer, which reads nothing twice: it asks of hundreds of facts whether they hold, and of the same ones what followed. */
export const readOnce = <P extends PastLog>(past: P): P => {
  let leases: readonly { readonly position: number; readonly term: number }[] | undefined;
  const isVoid: PastLog['isVoid'] = ({ position, meta }) => {
    leases ??= past
      .stream(ENGINE_LEASE)
      .filter(({ fact }) => fact.type === 'LeaseTaken')
      .map((taken) => ({ position: taken.position, term: dataOf<LeaseFact, 'LeaseTaken'>(taken).term }));
    return leases.some((taken) => taken.position < position && taken.term > meta.term);
  };
  return { ...past, isVoid, causedBy: kept(past.causedBy), stream: kept(past.stream) };
};

const kept = (read: PastLog['causedBy']): PastLog['causedBy'] => {
  const known = new Map<string, ReturnType<PastLog['causedBy']>>();
  return (name, upTo) => {
    const key = `${name} ${upTo ?? ''}`;
    const there = known.get(key) ?? read(name, upTo);
    known.set(key, there);
    return there;
  };
};
