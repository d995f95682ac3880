import type { WireFact } from '../../src/domain/kernel/ports.ts';
import type { Metadata } from '../../src/domain/kernel/recorded.ts';

/** The nth UUID of a test, canonical and readable: the number stands at its end. */
export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** A fact as the log takes it; every call makes a new object, because an append completes the one that it is handed. */
export const wireFact = (n: number, change: Partial<Omit<WireFact, 'meta'>> & { readonly meta?: Partial<Metadata> } = {}): WireFact => ({
  id: uuidOf(n),
  type: 'InstancePlaced.v1',
  data: `{"node":"node-${n}"}`,
  ...change,
  meta: {
    correlationId: uuidOf(0xc0_0000 + n),
    causationId: uuidOf(0xca_0000 + n),
    by: 'engine',
    at: 1_893_456_000_000 + n,
    term: 1,
    state: 'starting',
    owes: 'run',
    ...change.meta,
  },
});
