import type StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import type { StoreEvent } from '../../../../domain/ports/eventStore.ts';

export type EventFilter = {
  readonly takes: (event: StoreEvent) => boolean;
  /** Events that are looked at between two checkpoints. */
  readonly checkpointEvery: number;
};

/** EventStoreDB's own, where a client names none. */
const WINDOW = 32;
const REGEX_CHARS_MAX = 10_000;

/** @throws Error for an expression that is none */
export const filterIn = (options: StreamsMessages.ReadReq.Options.FilterOptions): EventFilter => {
  const [ofStream, ofType] = [options.getStreamIdentifier(), options.getEventType()];
  const expression = ofStream ?? ofType;
  const value = ofStream !== undefined ? ({ stream }: StoreEvent) => stream : ({ type }: StoreEvent) => type;
  const window = options.hasMax() && options.getMax() > 0 ? options.getMax() : WINDOW;
  return {
    takes: expression === undefined ? () => true : matching(expression, value),
    checkpointEvery: window * Math.max(1, options.getCheckpointintervalmultiplier()),
  };
};

const matching = (expression: StreamsMessages.ReadReq.Options.FilterOptions.Expression, value: (event: StoreEvent) => string) => {
  const [regex, prefixes] = [expression.getRegex(), expression.getPrefixList()];
  if (prefixes.length > 0) return (event: StoreEvent) => prefixes.some((prefix) => value(event).startsWith(prefix));
  if (regex.length > REGEX_CHARS_MAX) throw new Error(`a filter's expression has ${REGEX_CHARS_MAX} characters or fewer`);
  const found = new RegExp(regex);
  return (event: StoreEvent) => found.test(value(event));
};
