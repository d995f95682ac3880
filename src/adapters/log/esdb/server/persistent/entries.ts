import type { Uuid } from '../../../../../domain/kernel/ids.ts';
import type { Instant } from '../../../../../domain/kernel/units.ts';
import { bytesOf, idOf, type Message } from './message.ts';

/** A message on its way to being done. */
export type Entry = {
  readonly message: Message;
  readonly id: Uuid;
  /** Tries that came to nothing. */
  retries: number;
  state: 'waiting' | 'flying' | 'parking' | 'done';
  /** Who has it now. */
  holder: string | undefined;
  /** Who has it or had it: their acknowledgement counts, however late. */
  readonly seenBy: Set<string>;
  sentAt: Instant;
};

/** All messages of a group that are not done, by id. An id may stand in several streams, so it may mean several messages. */
export type Entries = {
  add(message: Message): Entry;
  remove(entry: Entry): void;
  /** What a consumer means by an id: what it holds, else what it once held. */
  meant(id: Uuid, consumer: string): Entry | undefined;
  /** Bytes of data and metadata that are kept. */
  bytes(): number;
};

export const entriesOfGroup = (): Entries => {
  const byId = new Map<Uuid, Entry[]>();
  let bytes = 0;
  return {
    bytes: () => bytes,
    add: (message) => {
      const id = idOf(message);
      const entry: Entry = { message, id, retries: 0, state: 'waiting', holder: undefined, seenBy: new Set(), sentAt: 0 };
      const others = byId.get(id);
      if (others === undefined) byId.set(id, [entry]);
      else others.push(entry);
      bytes += bytesOf(message);
      return entry;
    },
    remove: (entry) => {
      entry.state = 'done';
      bytes -= bytesOf(entry.message);
      const left = (byId.get(entry.id) ?? []).filter((each) => each !== entry);
      if (left.length === 0) byId.delete(entry.id);
      else byId.set(entry.id, left);
    },
    meant: (id, consumer) => {
      const entries = byId.get(id);
      return entries?.find(({ holder }) => holder === consumer) ?? entries?.find(({ seenBy }) => seenBy.has(consumer));
    },
  };
};
