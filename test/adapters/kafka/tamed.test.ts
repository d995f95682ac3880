import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tameKafkajs } from '../../../src/adapters/kafka/tamed.ts';

const load = createRequire(import.meta.url);
const RequestQueue = load('kafkajs/src/network/requestQueue');
const looks = vi.spyOn(RequestQueue.prototype, 'checkPendingRequests');

const queue = (maxInFlightRequests = 1) =>
  new RequestQueue({
    maxInFlightRequests,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    logger: { debug: () => {}, warn: () => {} },
  });
const request = (correlationId: number, sent: number[]) => ({
  entry: { correlationId, resolve: () => {}, reject: () => {}, apiKey: 0, apiName: '', apiVersion: 0 },
  expectResponse: true,
  sendRequest: () => sent.push(correlationId),
});
const answer = (correlationId: number) => ({ correlationId, size: 0, payload: null });

beforeEach(() => {
  vi.useFakeTimers();
  looks.mockClear();
  expect(tameKafkajs()).toBe(true);
});
afterEach(() => vi.useRealTimers());

test('a connection that is idle is not looked at again and again', () => {
  const [one, sent]: [ReturnType<typeof queue>, number[]] = [queue(), []];
  one.push(request(1, sent));
  one.fulfillRequest(answer(1));
  vi.advanceTimersByTime(60_000);
  expect(looks.mock.calls.length).toBeLessThan(5);
  expect(vi.getTimerCount()).toBe(0);
});

test('a request that waits for another one is sent when that one is answered', () => {
  const [one, sent]: [ReturnType<typeof queue>, number[]] = [queue(), []];
  one.push(request(1, sent));
  one.push(request(2, sent));
  vi.advanceTimersByTime(1_000);
  expect(sent).toEqual([1]);
  one.fulfillRequest(answer(1));
  expect(sent).toEqual([1, 2]);
});

test('a request that a broker asked to hold back is sent when it may be, and not before', () => {
  const [one, sent]: [ReturnType<typeof queue>, number[]] = [queue(), []];
  one.maybeThrottle(500);
  one.push(request(1, sent));
  vi.advanceTimersByTime(499);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(sent).toEqual([1]);
});
