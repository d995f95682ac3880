import type { StreamName } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import type { Step } from '../../domain/ports/why.ts';
import { sentenceOf } from '../../projections/sentences.ts';

export const stepOf = (past: Pick<PastLog, 'isVoid'>, recorded: Recorded): Step => {
  const { position, meta, stream, fact } = recorded;
  return {
    position,
    at: isoInstant(meta.at),
    by: meta.by,
    stream,
    type: fact.type,
    sentence: sentenceOf(recorded),
    ...(past.isVoid(recorded) && { void: true }),
  };
};

/** Facts of a stream that hold: what a leader wrote that had been succeeded led to nothing. */
export const factsOf = (past: Pick<PastLog, 'isVoid' | 'stream'>, stream: StreamName, upTo?: number): readonly Recorded[] =>
  past.stream(stream, upTo).filter((recorded) => !past.isVoid(recorded));

/** The last fact of one of these types. */
export const lastOf = (facts: readonly Recorded[], ...types: readonly string[]): Recorded | undefined =>
  facts.findLast(({ fact }) => types.includes(fact.type));

/** A fact's data as they are of one type. */
export const dataOf = <F extends { readonly type: string }, T extends F['type']>(recorded: Recorded): Extract<F, { type: T }> =>
  recorded.fact as unknown as Extract<F, { type: T }>;
