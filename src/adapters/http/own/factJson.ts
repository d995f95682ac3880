import type { FactCodec, Sealed } from '../../../domain/kernel/codec.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import type { Fact, Recorded } from '../../../domain/kernel/recorded.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import { nounOfStream } from '../../../domain/nouns.ts';
import type { Engine } from '../../../domain/ports/engine.ts';

/** Sensitive values are never shown, only that there is one and whose key seals it. */
const MASK = { seal: (subject: string): Sealed => ({ $sealed: 'hidden', key: subject }), open: () => undefined };

/** A fact's data without its type, as it stands on the wire today, sensitive fields masked. */
export const maskedData = ({ stream, fact }: Pick<Recorded, 'stream' | 'fact'>): Readonly<Record<string, unknown>> => {
  const codec: FactCodec<Fact> = nounOfStream(stream).codec;
  return JSON.parse(codec.encode(fact, MASK));
};

/** What a fact says, or why nobody can read it: then its data stay hidden, for nobody knows what of it is secret. */
const told = (engine: Engine, stored: StoredFact): { readonly type: string; readonly unreadable?: string; readonly data: object } => {
  try {
    const recorded = engine.decode(stored);
    return { type: recorded.fact.type, data: maskedData(recorded) };
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : String(error);
    return { type: stored.type.replace(/\.v\d+$/, ''), unreadable, data: {} };
  }
};

/** One fact of the log, for those who read it raw. */
export const factJson = (engine: Engine, stored: StoredFact, isVoid: boolean) => {
  const { data, ...said } = told(engine, stored);
  return { ...placeJson(stored), ...said, wireType: stored.type, ...metaJson(stored), ...(isVoid && { void: true }), data };
};

/** As `factJson`, of one that was read already; its wire type is the one that it would be written as today. */
export const recordedJson = (recorded: Recorded, isVoid: boolean) => ({
  ...placeJson(recorded),
  type: recorded.fact.type,
  wireType: nounOfStream(recorded.stream).codec.wireName(recorded.fact.type),
  ...metaJson(recorded),
  ...(isVoid && { void: true }),
  data: maskedData(recorded),
});

const placeJson = ({ position, stream, revision, id }: Pick<Recorded, 'position' | 'stream' | 'revision' | 'id'>) => ({
  position,
  stream,
  revision,
  id,
});

const metaJson = ({ meta }: Pick<Recorded, 'meta'>) => ({
  at: isoInstant(meta.at),
  by: meta.by,
  correlationId: meta.correlationId,
  causationId: meta.causationId,
  term: meta.term,
  state: meta.state,
  owes: meta.owes,
  ...(meta.due !== undefined && { due: isoInstant(meta.due) }),
  ...(meta.chart !== undefined && { chart: meta.chart }),
  ...(meta.traceparent !== undefined && { traceparent: meta.traceparent }),
});
