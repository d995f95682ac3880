import { describe, expect, it } from 'vitest';
import { subscribersOf } from '../../../src/adapters/log/subscribers.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';

const factAt = (position: number): StoredFact => ({ position }) as StoredFact;

/** A log that grows by `growth` facts with each read that begins. @param isGone positions of facts that have left it */
const growing = (facts: number, growth: number, isGone: (position: number) => boolean = () => false) => {
  let head = facts;
  let reading = 0;
  const subscribers = subscribersOf({
    head: () => head,
    read: async (after, upTo, max) => {
      reading += 1;
      const fresh = Array.from({ length: growth }, (_, nth) => factAt(head + nth + 1));
      head += growth;
      subscribers.deliver(fresh);
      await new Promise((resolve) => setImmediate(resolve));
      reading -= 1;
      const page: StoredFact[] = [];
      for (let position = after + 1; position <= upTo && page.length < max; position++) if (!isGone(position)) page.push(factAt(position));
      return page;
    },
  });
  return { subscribers, head: () => head, isReading: () => reading > 0 };
};

describe('who catches up with a long log', () => {
  it('gets each fact once and in order while others are written, and reads a page while it takes the one before', async () => {
    const log = growing(31_000, 700);
    const got: number[] = [];
    let besides = 0;
    await log.subscribers.subscribe(1_000, (facts) => {
      got.push(...facts.map(({ position }) => position));
      if (log.isReading()) besides += 1;
    });
    log.subscribers.deliver([factAt(log.head() + 1)]);
    expect(got).toEqual(Array.from({ length: log.head() + 1 - 1_000 }, (_, nth) => 1_001 + nth));
    expect(besides).toBe(5);
    expect(got.length).toBeGreaterThan(33_000);
  });

  it('misses nothing behind a stretch of which everything has left the log', async () => {
    const log = growing(40_000, 300, (position) => position > 6_000 && position <= 34_000);
    const got: number[] = [];
    await log.subscribers.subscribe(0, (facts) => got.push(...facts.map(({ position }) => position)));
    const there = Array.from({ length: log.head() }, (_, nth) => nth + 1).filter((position) => position <= 6_000 || position > 34_000);
    expect(got).toEqual(there);
  });
});
