import type { SendFault } from './sender.ts';

/** As much of kafkajs' errors as is looked at; those that say that it gave up have what it gave up on as their cause. */
type KafkaError = Error & {
  readonly type?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly broker?: string;
};

const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const OUT_OF_SEQUENCE: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);
const NOT_AUTHORIZED: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);

/** @param what was tried, as in "not authorized to …", on which topics */
export const faultOf = (error: unknown, what: string, topics: readonly string[] = []): SendFault => {
  for (const each of causes(error)) {
    const { type = '', name } = each;
    if (TOO_LARGE.has(type)) return { _tag: 'TooLarge' };
    if (OUT_OF_SEQUENCE.has(type)) return { _tag: 'OutOfSequence', reason: type };
    if (NOT_AUTHORIZED.has(type)) return { _tag: 'NotAuthorized', what: [what, topics.join(', ')].filter(Boolean).join(' ') };
    if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
      return { _tag: 'NotAuthorized', what: `log in: ${each.message}` };
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return { _tag: 'TopicMissing', topics };
  }
  const [first] = causes(error).toReversed();
  return { _tag: 'Unreachable', reason: first?.message || String(error) };
};

/** An error and what it goes back to, the outermost first. */
const causes = (error: unknown): readonly KafkaError[] => {
  const found: KafkaError[] = [];
  const add = (each: unknown): void => {
    if (!(each instanceof Error) || found.includes(each)) return;
    found.push(each);
    const { cause, errors } = each as KafkaError;
    for (const inner of [cause, ...(errors ?? [])]) add(inner);
  };
  add(error);
  return found;
};
