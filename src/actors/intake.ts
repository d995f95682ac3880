import type { AnyStrategy } from '../domain/deployment/kit/strategy.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { StoredFact } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import type { Leases } from './leases.ts';
import { learnStrategies } from './strategyBook.ts';

/** Live views, as whoever feeds them sees them. */
export type TakingViews = { take(batch: readonly Recorded[], onBroken: (recorded: Recorded, error: unknown) => void): void };

export type IntakeOptions = {
  readonly views: TakingViews;
  readonly sealer: Sealer;
  readonly leases: Leases;
  /** Reads a strategy that an operator registered from its recorded text. */
  readonly readStrategy?: ((source: string, id: string) => AnyStrategy) | undefined;
  isQuarantined(stream: StreamName): boolean;
  quarantine(stream: StreamName, why: string): void;
};

/** How facts come from the log into the views: without what is void, decoded, and without streams that stand still. */
export const createIntake = ({ views, sealer, leases, readStrategy, isQuarantined, quarantine }: IntakeOptions) => {
  /** Undefined for a stream that stands still: behind what cannot be read nothing is known of it. */
  const readable = (stored: StoredFact): Recorded | undefined => {
    if (isQuarantined(stored.stream)) return undefined;
    try {
      return recordedOf(stored, sealer);
    } catch (error) {
      quarantine(stored.stream, messageOf(error));
      return undefined;
    }
  };

  /** @returns what the views have taken */
  return (delivered: readonly StoredFact[]): readonly Recorded[] => {
    const batch: Recorded[] = [];
    for (const one of leases.valid(delivered)) {
      const recorded = readable(one);
      if (recorded !== undefined) batch.push(recorded);
    }
    // Before any stream is folded that names one of them.
    learnStrategies(batch, readStrategy);
    views.take(batch, ({ stream, revision }, error) => quarantine(stream, `no view takes revision ${revision}: ${messageOf(error)}`));
    return batch;
  };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
