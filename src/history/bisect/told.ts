import { streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { ToldFact } from '../../domain/ports/bisect.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import { REQUEST } from '../../domain/request/request.ts';
import { sentenceOf } from '../../projections/sentences.ts';

export const told = (recorded: Recorded): ToldFact => {
  const { position, stream, fact, meta } = recorded;
  return { position, at: meta.at, stream, type: fact.type, by: meta.by, sentence: sentenceOf(recorded) };
};

/** The request that a fact goes back to; undefined where a host or the engine's clock began it. */
export const requestBehind = (past: PastLog, { meta }: Recorded): Recorded | undefined =>
  past.stream(streamOf(REQUEST, meta.correlationId))[0];

/** A fact that nobody can read: its stream is given up there, and that is a change too. */
export const unreadableAt = (position: number, at: Instant): ToldFact => ({
  position,
  at,
  stream: '',
  type: '',
  by: '',
  sentence: 'Nobody can read this fact: from here on nothing is known of its stream.',
});
