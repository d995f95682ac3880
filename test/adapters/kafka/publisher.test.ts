import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/adapters/kafka/message.ts';
import { factsOf, GONE, type Outcome, publishing } from './fakeCluster.ts';

const numbers = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const many = (count: number) => factsOf(...numbers(1, count).map((n) => `instance-${n % 7}`));
const STALE = { _tag: 'OutOfSequence', reason: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } as const;

describe('A publisher', () => {
  test('sends every fact in the order of the log, by noun and keyed by stream', async () => {
    const { pass, positions, taken, publisher } = publishing({ facts: factsOf('instance-1', 'app-/web', 'instance-1', 'instance-2') });
    await pass(1_000);
    expect(positions()).toEqual([1, 2, 3, 4]);
    expect(taken.map(({ topic, key }) => [topic, key])).toEqual([
      ['p.instance', 'instance-1'],
      ['p.app', 'app-/web'],
      ['p.instance', 'instance-1'],
      ['p.instance', 'instance-2'],
    ]);
    expect(publisher.status()).toMatchObject({ position: 4, head: 4, lagFacts: 0, lagSeconds: 0, published: 4, errors: 0, trouble: null });
    await publisher.close();
  });

  test('keeps a position only when all up to it was acknowledged', async () => {
    const world = publishing({ facts: many(2_500), outcomes: ['taken', GONE, { lost: GONE }] });
    const seen: [position: number, taken: number][] = [];
    for (let step = 0; step < 30; step++) {
      await world.pass(50);
      const last = world.saved.at(-1);
      if (last !== undefined) seen.push([last.position, new Set(world.positions()).size]);
    }
    for (const [position, taken] of seen) expect(taken).toBeGreaterThanOrEqual(position);
    expect(world.saved.at(-1)).toEqual({ position: 2_500, hash: 'hash2500', cluster: 'c1', prefix: 'p' });
    await world.publisher.close();
  });

  test('sends nothing of what is void, be it before or behind where it goes on', async () => {
    const lease = (term: number) => ({ stream: 'lease-engine', term });
    const facts = factsOf(lease(1), 'instance-1', lease(2), { stream: 'instance-1', term: 1 }, { stream: 'instance-1', term: 2 });
    const whole = publishing({ facts });
    await whole.pass(1_000);
    expect(whole.positions()).toEqual([1, 2, 3, 5]);
    const rest = publishing({ facts, kept: { position: 3, hash: 'hash3', cluster: 'c1', prefix: 'p' } });
    await rest.pass(1_000);
    expect(rest.positions()).toEqual([5]);
    expect(rest.publisher.status()).toMatchObject({ position: 5, published: 1 });
    await Promise.all([whole.publisher.close(), rest.publisher.close()]);
  });

  test('goes on at once by a new producer when the broker lost track of the old one', async () => {
    const { pass, opened, positions, publisher } = publishing({ facts: many(3), outcomes: [STALE] });
    await pass(10);
    expect(opened).toEqual([0, 0]);
    expect(positions()).toEqual([1, 2, 3]);
    await publisher.close();
  });

  test('waits longer after each failure in a row, up to a bound, and is quick again after a success', async () => {
    const world = publishing({ facts: many(1), connects: Array(8).fill(GONE) });
    await world.pass(60_000);
    expect(world.opened).toEqual([0, 250, 750, 1_750, 3_750, 7_750, 12_750, 17_750, 22_750]);
    expect(world.troubles).toEqual(Array(8).fill('connect ECONNREFUSED'));
    expect(world.publisher.status()).toMatchObject({ errors: 8, trouble: null, position: 1 });
    await world.publisher.close();
  });

  test('says how far it is behind while nobody takes anything', async () => {
    const world = publishing({ facts: many(5), connects: Array(100).fill(GONE) });
    await world.pass(30_000);
    // The first fact was recorded 100 s before the start, less the millisecond of its number.
    expect(world.publisher.status()).toMatchObject({
      lagFacts: 5,
      lagSeconds: 129.999,
      trouble: { text: 'connect ECONNREFUSED' },
      cluster: null,
    });
    await world.publisher.close();
  });

  test('follows the log as it grows', async () => {
    const facts = many(5);
    const world = publishing({ facts: facts.slice(0, 2) });
    await world.pass(1_000);
    world.append(...facts.slice(2));
    await world.pass(200);
    expect(world.positions()).toEqual([1, 2, 3, 4, 5]);
    await world.publisher.close();
  });

  test('publishes all of it to another cluster, by other names, or of another log, and says so', async () => {
    const kept = { position: 3, hash: 'hash3', cluster: 'c1', prefix: 'p' };
    for (const [change, words] of [
      [{ cluster: 'c0' }, /published to the cluster c0; c1 gets all of it/],
      [{ prefix: 'q' }, /topics q\.\*; those of p\.\* get all of it/],
      [{ hash: 'other' }, /not in this log/],
      [{ position: 9, hash: 'hash9' }, /not in this log/],
    ] as const) {
      const world = publishing({ facts: many(4), kept: { ...kept, ...change } });
      await world.pass(1_000);
      expect(world.positions()).toEqual([1, 2, 3, 4]);
      expect(world.troubles).toEqual([expect.stringMatching(words)]);
      await world.publisher.close();
    }
  });

  const bytes = (messages: readonly Message[]) => messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);

  test('sends what is too large for a topic in smaller parts, and by reference what is too large alone', async () => {
    const facts = many(64).map((fact, index) => (index === 40 ? { ...fact, data: JSON.stringify({ node: 'n'.repeat(9_000) }) } : fact));
    const world = publishing({ facts, judge: (messages) => (bytes(messages) > 4_000 ? { _tag: 'TooLarge' } : undefined) });
    await world.pass(10_000);
    expect(world.positions()).toEqual(numbers(1, 64));
    const large = JSON.parse(world.taken[40]?.value ?? '');
    expect(large).toMatchObject({ position: '41', dataref: '/v1/events?position=41' });
    expect(large).not.toHaveProperty('data');
    expect(world.publisher.status()).toMatchObject({ byReference: 1, published: 64, trouble: null });
    expect(world.troubles).toEqual([expect.stringMatching(/^fact 41 \(InstancePlaced\.v1 of instance-6\) is larger/)]);
    await world.publisher.close();
  });

  test('stays at what is too large even so, and names it', async () => {
    const world = publishing({ facts: many(3), judge: () => ({ _tag: 'TooLarge' }) });
    await world.pass(20_000);
    expect(world.taken).toEqual([]);
    expect(world.publisher.status()).toMatchObject({
      position: 0,
      trouble: { text: expect.stringContaining('fact 1 (InstancePlaced.v1 of') },
    });
    await world.publisher.close();
  });

  test('finds out which of several topics it may not write to', async () => {
    const facts = factsOf('node-1', 'app-/web', 'instance-1');
    const world = publishing({
      facts,
      judge: (messages) => {
        const topics = [...new Set(messages.map(({ topic }) => topic))];
        return topics.includes('p.app') ? { _tag: 'NotAuthorized', what: `write to ${topics.join(', ')}` } : undefined;
      },
    });
    await world.pass(5_000);
    expect(world.publisher.status().trouble?.text).toBe('not authorized to write to p.app');
    expect(world.positions()).toEqual([1]);
    await world.publisher.close();
  });

  test('asks for each topic once per producer', async () => {
    const world = publishing({ facts: many(2_500), outcomes: ['taken', GONE] });
    await world.pass(5_000);
    expect(world.prepared).toEqual(['p.instance', 'p.instance']);
    await world.publisher.close();
  });

  test('loses nothing and keeps each stream in order, whatever becomes of its batches', async () => {
    const outcome = fc.oneof(
      fc.constant<Outcome>('taken'),
      fc.constantFrom<Outcome>(GONE, STALE, { _tag: 'TooLarge' }),
      fc.constantFrom<Outcome>({ lost: GONE }, { lost: STALE }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { maxLength: 12 }), fc.integer({ min: 1, max: 2_200 }), async (outcomes, count) => {
        const world = publishing({ facts: many(count), outcomes });
        await world.pass(120_000);
        await world.publisher.close();
        const first = [...new Set(world.positions())];
        expect(first).toEqual(numbers(1, count));
        expect(world.saved.at(-1)?.position).toBe(count);
      }),
      { numRuns: 20 },
    );
  });

  describe('that tells the present too', () => {
    const present = (key: string, value: string): Message => ({ topic: 'p.app.state', key, value, headers: {} });
    const stateOf = (calls: string[]) => () => ({
      skipTo: (_: unknown, position: number) => void calls.push(`skip ${position}`),
      changes: (page: readonly { readonly position: number }[]) => {
        const upTo = page.at(-1)?.position;
        calls.push(`changes ${upTo}`);
        return [present('/web', `"as of ${upTo}"`)];
      },
      whole: () => [present('/web', '"whole"')],
    });
    const values = (messages: readonly Message[]) => messages.filter(({ topic }) => topic === 'p.app.state').map(({ value }) => value);

    test('sends what changed behind the facts that changed it, and folds nothing twice when it sends again', async () => {
      const calls: string[] = [];
      const world = publishing({ facts: many(3), outcomes: [{ lost: GONE }], options: { state: stateOf(calls) } });
      await world.pass(5_000);
      expect(values(world.taken)).toEqual(['"as of 3"', '"as of 3"']);
      expect(world.taken.at(-1)?.topic).toBe('p.app.state');
      expect(calls).toEqual(['skip 0', 'changes 3']);
      expect(world.saved.at(-1)).toMatchObject({ position: 3, state: true });
      await world.publisher.close();
    });

    test('tells all there is first where it was never told', async () => {
      const facts = many(3);
      const kept = { position: 2, hash: 'hash2', cluster: 'c1', prefix: 'p' };
      const fresh = publishing({ facts, kept, options: { state: stateOf([]) } });
      const known = publishing({ facts, kept: { ...kept, state: true }, options: { state: stateOf([]) } });
      await Promise.all([fresh.pass(1_000), known.pass(1_000)]);
      expect(values(fresh.taken)).toEqual(['"whole"', '"as of 3"']);
      expect(values(known.taken)).toEqual(['"as of 3"']);
      await Promise.all([fresh.publisher.close(), known.publisher.close()]);
    });
  });
});
