import { describe, expect, test } from 'vitest';
import { createFeed, type FeedItem, SlowConsumer } from '../../../src/adapters/http/feed.ts';
import { NO_STREAM } from '../../../src/domain/kernel/ports.ts';
import { memoryLog } from '../../support/memoryLog.ts';
import { wireFact } from '../../support/wireFacts.ts';

/** A feed over a log of `count` facts, with a clock that only a test moves. */
const feeding = async (count: number, after = 0, limit = 10) => {
  const log = memoryLog();
  let appended = 0;
  const append = async (more: number): Promise<void> => {
    const facts = Array.from({ length: more }, () => wireFact(appended++));
    if (more > 0) await log.append('instance-1', log.head() + NO_STREAM, facts);
  };
  await append(count);
  const abort = new AbortController();
  const overflows: number[] = [];
  const beats = new Set<() => void>();
  const clock = {
    now: () => 0,
    schedule: (_: number, callback: () => void) => {
      beats.add(callback);
      return () => beats.delete(callback);
    },
  };
  const feed = createFeed<string>({
    log,
    clock,
    after,
    heartbeatMs: 1_000,
    signal: abort.signal,
    limit,
    onOverflow: () => overflows.push(log.head()),
  });
  const next = async () => (await feed.items.next()).value as FeedItem<string>;
  const positions = async () => {
    const item = await next();
    return item.kind === 'facts' ? item.facts.map(({ position }) => position) : [item.kind];
  };
  return { log, append, abort, beats, overflows, feed, next, positions };
};

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a feed', () => {
  test('reads what was page by page, then what comes, each fact once', async () => {
    const { positions, append, abort } = await feeding(700);
    expect(await positions()).toEqual(range(1, 500));
    await append(3);
    expect(await positions()).toEqual(range(501, 703));
    const live = positions();
    await append(2);
    expect(await live).toEqual([704, 705]);
    abort.abort();
  });

  test('begins behind a position', async () => {
    const { positions, abort } = await feeding(5, 3);
    expect(await positions()).toEqual([4, 5]);
    abort.abort();
  });

  test('beats while nothing comes', async () => {
    const { next, beats, abort } = await feeding(0);
    const item = next();
    while (beats.size === 0) await new Promise(setImmediate);
    for (const beat of [...beats]) beat();
    expect(await item).toEqual({ kind: 'heartbeat' });
    abort.abort();
  });

  test('says notes to those who wait', async () => {
    const { next, feed, beats, abort } = await feeding(0);
    feed.note('before');
    expect(await next()).toEqual({ kind: 'note', note: 'before' });
    const waiting = next();
    while (beats.size === 0) await new Promise(setImmediate);
    feed.note('during');
    expect(await waiting).toEqual({ kind: 'note', note: 'during' });
    expect(beats.size).toBe(0);
    abort.abort();
  });

  test('ends a listener that does not read, at the limit and not before', async () => {
    const { next, append, positions, beats, overflows } = await feeding(1, 0, 10);
    await next();
    const first = positions();
    // Live from here on: it waits for what comes.
    while (beats.size === 0) await new Promise(setImmediate);
    await append(1);
    expect(await first).toEqual([2]);
    await append(10);
    expect(await positions()).toEqual(range(3, 12));
    expect(overflows).toEqual([]);
    await append(11);
    await append(5);
    expect(overflows).toEqual([23]);
    await expect(next()).rejects.toThrow(SlowConsumer);
  });

  test('is over when it is aborted, and then follows the log no more', async () => {
    const { feed, beats, abort, log, append } = await feeding(0);
    const item = feed.items.next();
    while (beats.size === 0) await new Promise(setImmediate);
    abort.abort();
    expect(await item).toEqual({ value: undefined, done: true });
    expect(beats.size).toBe(0);
    await append(1);
    expect(log.head()).toBe(1);
  });
});
