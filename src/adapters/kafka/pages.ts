import type { StoredFact } from '../../domain/kernel/ports.ts';
import type { FactReader } from '../../domain/ports/factReader.ts';
import { type Message, type MessageOptions, messageOf, referenceOf } from './message.ts';
import { standing } from './standing.ts';

/** A message, and what goes instead of it where it is too large. */
export type Outgoing = {
  readonly message: Message;
  /** For people. */
  readonly what: string;
  readonly bytes: number;
  readonly instead?: () => Message;
};

/** The next facts of the log as messages; sent whole before the next page is asked for. */
export type Page = {
  readonly messages: readonly Outgoing[];
  readonly facts: number;
  /** Of the last fact of the log that is in it, void or not. */
  readonly position: number;
  /** Whether it makes the present state known that was never told before. */
  readonly isWhole: boolean;
};

/** What is told beside the facts: the present that they make. */
export type StateTeller = {
  /** Takes facts without telling of them. */
  skipTo(reader: Pick<FactReader, 'page'>, position: number): void;
  /** @returns what the next facts changed */
  changes(page: readonly StoredFact[]): readonly Message[];
  /** @returns all that there is */
  whole(): readonly Message[];
};

/** Facts in one page; with their state two or three messages each. */
const FACTS_MAX = 1_000;
/** What a message costs besides what it holds, bytes. */
const FRAME_BYTES = 64;

export type Pages = { next(): Page | undefined };

/**
 * The log behind a position, page by page.
 * @param isStateTold whether the present at that position was told before; else the first page tells all of it
 */
export const pagesOf = (reader: FactReader, after: number, options: MessageOptions, state?: StateTeller, isStateTold = false): Pages => {
  const stand = standing(reader, after);
  let position = after;
  let isWholeDue = state !== undefined && !isStateTold && after > 0;
  state?.skipTo(reader, after);
  return {
    next: () => {
      if (isWholeDue) {
        isWholeDue = false;
        return { messages: (state?.whole() ?? []).map(present), facts: 0, position, isWhole: true };
      }
      const all = reader.page(position, reader.head(), FACTS_MAX);
      const last = all.at(-1);
      if (last === undefined) return undefined;
      position = last.position;
      const facts = stand(all);
      const messages = facts.map((stored): Outgoing => {
        const what = `fact ${stored.position} (${stored.type} of ${stored.stream})`;
        return { ...plain(messageOf(stored, options)), what, instead: () => referenceOf(stored, options) };
      });
      return { messages: [...messages, ...(state?.changes(all) ?? []).map(present)], facts: facts.length, position, isWhole: false };
    },
  };
};

const plain = (message: Message): Outgoing => ({ message, what: `${message.key} in ${message.topic}`, bytes: bytesOf(message) });

/** A document that is too large is told to be there. */
const present = (message: Message): Outgoing => ({
  ...plain(message),
  ...(message.value !== null && { instead: () => ({ ...message, value: JSON.stringify({ $withheld: 'too large' }) }) }),
});

export const bytesOf = ({ key, value, headers }: Message): number => {
  let bytes = FRAME_BYTES + Buffer.byteLength(key) + (value === null ? 0 : Buffer.byteLength(value));
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name] ?? '');
  return bytes;
};
