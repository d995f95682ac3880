import { CorruptHistory } from './kernel/chart/state.ts';
import type { Sealer } from './kernel/codec.ts';
import type { StoredFact } from './kernel/ports.ts';
import type { Recorded } from './kernel/recorded.ts';
import { nounOfStream } from './nouns.ts';

/** A stored fact as its noun reads it; decoded once and kept with it. @throws CorruptHistory for one that nobody can read. */
export const recordedOf = (stored: StoredFact, sealer: Sealer): Recorded => {
  try {
    stored.fact ??= nounOfStream(stored.stream).codec.decode(stored.type, stored.data, sealer);
  } catch (error) {
    const { stream, revision, type } = stored;
    throw new CorruptHistory(
      `${stream} at revision ${revision}: ${type} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
  return stored as unknown as Recorded;
};
