import { either as E } from 'fp-ts';
import type { Chart } from '../domain/kernel/chart/chart.ts';
import { KeysUnavailable, type Sealer } from '../domain/kernel/codec.ts';
import { evolve, type Noun } from '../domain/kernel/decider.ts';
import { streamOf } from '../domain/kernel/ids.ts';
import { type Appended, type AppendFault, type Clock, type EventLog, type Ids, NO_STREAM } from '../domain/kernel/ports.ts';
import type { Fact } from '../domain/kernel/recorded.ts';
import { nouns } from '../domain/nouns.ts';
import { wireOf } from './encode.ts';
import type { Cause } from './envelope.ts';

type RootPorts = {
  readonly log: Pick<EventLog, 'append'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sealer: Sealer;
  term(): number;
};

export type RequestRecord = {
  readonly command: string;
  readonly subject: string;
  readonly body: unknown;
  readonly outcome: { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly code: string; readonly message: string };
};

/**
 * Appends the root of an outside command: one fact in a stream of its own.
 * @param onSealing told at once, before this returns, of the keys that it waits for: whatever follows from the request waits for them as well
 */
export const recordRequest = async (
  { log, clock, ids, sealer, term }: RootPorts,
  id: string,
  record: RequestRecord,
  cause: Cause,
  onSealing?: (durable: Promise<void>) => void,
): Promise<E.Either<AppendFault, Appended>> => {
  const noun = nouns.request as Noun;
  const fact = { type: 'RequestReceived', ...record } as Fact;
  const chart = noun.charts['request.v1'] as Chart<unknown, Fact>;
  const state = evolve(chart, chart.initial(), fact, clock.now());
  const wire = () => wireOf(ids.next(), fact, noun.codec, sealer, chart, state, { ...cause, causationId: id }, term());
  try {
    const { made, durable } = sealer.together?.(wire) ?? { made: wire(), durable: undefined };
    if (durable !== undefined) onSealing?.(durable);
    return await onceSealed(durable, () => log.append(streamOf('request', id), NO_STREAM, [made]));
  } catch (error) {
    if (error instanceof KeysUnavailable) return E.left(withoutKeys(error));
    throw error;
  }
};

/** Appends what was sealed, not before its keys are durable; what has none of them is appended at once. */
export const onceSealed = <A>(
  durable: Promise<void> | undefined,
  append: () => Promise<E.Either<AppendFault, A>>,
): Promise<E.Either<AppendFault, A>> =>
  durable === undefined
    ? append()
    : durable.then(append, (error: unknown) => {
        if (error instanceof KeysUnavailable) return E.left(withoutKeys(error));
        throw error;
      });

/** That no key can be made now passes, as with the log. */
export const withoutKeys = ({ message }: KeysUnavailable): AppendFault => ({
  _tag: 'Unavailable',
  reason: `no key can be made: ${message}`,
});
