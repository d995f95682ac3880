import type { Either } from 'fp-ts/lib/Either.js';
import type { Message } from './message.ts';

/** Why messages were not, or not surely, taken. */
export type SendFault =
  /** A message, or the batch of them, is larger than the topic takes. */
  | { readonly _tag: 'TooLarge' }
  | { readonly _tag: 'TopicMissing'; readonly topics: readonly string[] }
  | { readonly _tag: 'NotAuthorized'; readonly what: string }
  /** The broker and the producer disagree on what came last: a new producer goes on. */
  | { readonly _tag: 'OutOfSequence'; readonly reason: string }
  | { readonly _tag: 'Unreachable'; readonly reason: string };

/**
 * A producer and what it needs around it. After any fault it is of no use: some of its messages may have been taken and its sequence numbers
 * no longer stand for what they stood for, so whoever sends opens another one and sends again.
 */
export type Sender = {
  /** Id of the cluster. */
  readonly cluster: string;
  /** Finds out whether the topics are there, and makes those that are not where it may. */
  prepare(topics: readonly string[]): Promise<Either<SendFault, void>>;
  /** Sends in this order per key. Right: all in-sync replicas have all of them. */
  send(messages: readonly Message[]): Promise<Either<SendFault, void>>;
  /** Never fails; takes a few seconds at most. */
  close(): Promise<void>;
};

export const textOf = (fault: SendFault): string => {
  switch (fault._tag) {
    case 'TooLarge':
      return 'a message is larger than its topic takes';
    case 'TopicMissing':
      return `there is no topic ${fault.topics.join(', ')}; make it, or start the engine with --kafka-create-topics`;
    case 'NotAuthorized':
      return `not authorized to ${fault.what}`;
    case 'OutOfSequence':
      return `the broker lost track of this producer (${fault.reason}); a new one goes on`;
    case 'Unreachable':
      return fault.reason;
  }
};
