import { either as E } from 'fp-ts';
import type { Outgoing } from './pages.ts';
import type { Sender, SendFault } from './sender.ts';

/** A topic takes 1 MiB at once unless it was told otherwise; less, for the frame around it. */
const BYTES_MAX = 900 * 1024;

export type Undelivered = {
  readonly fault: SendFault;
  /** What was being sent, for people. */
  readonly what: string;
  /** The next sender is handed something smaller, so that there is nothing to wait for. */
  readonly isSmaller: boolean;
};

/** Sends what is handed to it in order, in parts that brokers take; what was left after a fault is sent by the next sender. */
export type Delivery = {
  /** What `deliver` sends next, when all before it was acknowledged. */
  load(messages: readonly Outgoing[]): void;
  /** Right: all that was loaded is acknowledged. */
  deliver(sender: Sender): Promise<E.Either<Undelivered, void>>;
};

/** @param onReference told of each that goes without its data */
export const createDelivery = (onReference: (what: string) => void): Delivery => {
  let left: readonly Outgoing[] = [];
  let bytesMax = BYTES_MAX;
  /** Topics one by one, so that the one that is at fault is known by name. */
  let isByTopic = false;
  let prepared: { readonly sender: Sender; readonly topics: Set<string> } | undefined;

  const part = (): readonly Outgoing[] => {
    let bytes = 0;
    let count = 0;
    for (const { bytes: more, message } of left) {
      if (count > 0 && (bytes + more > bytesMax || (isByTopic && message.topic !== left[0]?.message.topic))) break;
      bytes += more;
      count += 1;
    }
    return left.slice(0, count);
  };

  const sendPart = async (sender: Sender, sent: readonly Outgoing[]): Promise<E.Either<SendFault, void>> => {
    if (prepared?.sender !== sender) prepared = { sender, topics: new Set() };
    const { topics } = prepared;
    const fresh = [...new Set(sent.map(({ message }) => message.topic))].filter((topic) => !topics.has(topic));
    if (fresh.length > 0) {
      const ready = await sender.prepare(fresh);
      if (E.isLeft(ready)) return ready;
      for (const topic of fresh) topics.add(topic);
    }
    return sender.send(sent.map(({ message }) => message));
  };

  /** @returns whether that was possible; what is as small as it can be and still too large is for people to change */
  const makeSmaller = (sent: readonly Outgoing[]): boolean => {
    const [first] = sent;
    if (first === undefined) return false;
    if (sent.length > 1) {
      bytesMax = Math.max(1, Math.floor(sent.reduce((sum, { bytes }) => sum + bytes, 0) / 2));
      return true;
    }
    if (first.instead === undefined) return false;
    const message = first.instead();
    left = [{ message, what: first.what, bytes: Buffer.byteLength(message.value ?? '') }, ...left.slice(1)];
    onReference(first.what);
    return true;
  };

  return {
    load: (messages) => {
      left = messages;
      isByTopic = false;
    },
    deliver: async (sender) => {
      while (left.length > 0) {
        const sent = part();
        const done = await sendPart(sender, sent);
        if (E.isRight(done)) {
          left = left.slice(sent.length);
          continue;
        }
        const fault = done.left;
        const what = sent.length === 1 ? (sent[0]?.what ?? '') : `${sent.length} messages`;
        if (fault._tag === 'NotAuthorized') isByTopic = true;
        return E.left({ fault, what, isSmaller: fault._tag === 'TooLarge' && makeSmaller(sent) });
      }
      return E.right(undefined);
    },
  };
};
