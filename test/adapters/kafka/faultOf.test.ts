import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { faultOf } from '../../../src/adapters/kafka/faultOf.ts';

const load = createRequire(import.meta.url);
const { KafkaJSNumberOfRetriesExceeded, KafkaJSConnectionError, KafkaJSSASLAuthenticationError, KafkaJSAggregateError } =
  load('kafkajs/src/errors');
const { createErrorFromCode } = load('kafkajs/src/protocol/error');

/** As kafkajs answers what it gave up on. */
const givenUp = (error: Error) => new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 4, retryTime: 1 });
const fault = (error: Error) => faultOf(error, 'write to', ['p.app']);

test.each([
  [10, 'TooLarge'],
  [18, 'TooLarge'],
  [45, 'OutOfSequence'],
  [46, 'OutOfSequence'],
  [47, 'OutOfSequence'],
  [59, 'OutOfSequence'],
  [29, 'NotAuthorized'],
  [31, 'NotAuthorized'],
  [3, 'TopicMissing'],
  [6, 'Unreachable'],
  [19, 'Unreachable'],
])('error %i of the protocol is %s', (code, tag) => {
  expect(fault(createErrorFromCode(code))._tag).toBe(tag);
  expect(fault(givenUp(createErrorFromCode(code)))._tag).toBe(tag);
});

test('what failed, and where, is named', () => {
  expect(fault(createErrorFromCode(29))).toEqual({ _tag: 'NotAuthorized', what: 'write to p.app' });
  expect(fault(createErrorFromCode(3))).toEqual({ _tag: 'TopicMissing', topics: ['p.app'] });
  expect(fault(new KafkaJSSASLAuthenticationError('wrong password'))).toEqual({ _tag: 'NotAuthorized', what: 'log in: wrong password' });
  expect(fault(givenUp(new KafkaJSConnectionError('connect ECONNREFUSED 127.0.0.1:1', {})))).toEqual({
    _tag: 'Unreachable',
    reason: 'connect ECONNREFUSED 127.0.0.1:1',
  });
  expect(fault(new KafkaJSAggregateError('several', [createErrorFromCode(31)]))._tag).toBe('NotAuthorized');
});
