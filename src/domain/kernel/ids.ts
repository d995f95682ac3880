/** `<noun>-<key>`. The noun holds no dash, so that EventStoreDB's category projections split it rightly. */
export type StreamName = string;

export const streamOf = (noun: string, key: string): StreamName => `${noun}-${key}`;

/** The noun that was asked for last, with its dash: most streams come after one of the same noun, and a fact is asked for its own a dozen times. */
let last = { prefix: '-', noun: '' };

export const nounOf = (stream: StreamName): string => {
  if (stream.startsWith(last.prefix)) return last.noun;
  const noun = stream.slice(0, stream.indexOf('-'));
  if (stream.includes('-')) last = { prefix: `${noun}-`, noun };
  return noun;
};

export const keyOf = (stream: StreamName): string => stream.slice(stream.indexOf('-') + 1);

/** An RFC 9562 UUID in its text form, lower case. */
export type Uuid = string;

/** Who asked: an opaque principal id, never a name or an address. */
export type Principal = string;

/** The engine itself, when it acts on what a state owes or on what a host told. */
export const ENGINE: Principal = 'engine';
