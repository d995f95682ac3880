import { either as E } from 'fp-ts';
import { afterEach, describe, expect, test } from 'vitest';
import { type EventLog, NO_STREAM, type StoredFact, type WireFact } from '../../src/domain/kernel/ports.ts';
import { uuidOf, wireFact } from '../support/wireFacts.ts';

/** How a log is made for one test, and where it differs with good reason. */
export type EventLogUnderTest = {
  readonly name: string;
  /** A new, empty log. */
  open(): Promise<EventLog>;
  /** Opens the same log again after `close`. Absent: the log keeps nothing. */
  reopen?(): Promise<EventLog>;
  /** Reasons for leaving a part out; shown with the skipped test. */
  readonly skips?: { readonly fencing?: string; readonly reopening?: string };
};

/** What every event log does, whatever it is made of. */
export const eventLogContract = ({ name, open, reopen, skips = {} }: EventLogUnderTest): void => {
  const opened: EventLog[] = [];
  const tracked = async (log: Promise<EventLog>): Promise<EventLog> => {
    opened.push(await log);
    return log;
  };
  const unless = (reason: string | undefined) =>
    reason === undefined ? test : (title: string, _run: () => unknown) => test.skip(`${title} (${reason})`, () => {});
  const facts = (from: number, count: number): WireFact[] => Array.from({ length: count }, (_, i) => wireFact(from + i));
  const ids = (stored: readonly StoredFact[]): string[] => stored.map(({ id }) => id);
  const positions = (stored: readonly StoredFact[]): number[] => stored.map(({ position }) => position);
  const uuids = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => uuidOf(from + i));

  describe(`${name} keeps the event log's contract`, { timeout: 30_000 }, () => {
    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close();
    });

    test('an empty log has head 0, no facts and no streams', async () => {
      const log = await tracked(open());
      expect(log.head()).toBe(0);
      expect(await log.readAll({ after: 0, max: 10 })).toEqual([]);
      expect(await log.readStream('instance-none')).toEqual([]);
    });

    test('what is appended is read back field by field, with its place', async () => {
      const log = await tracked(open());
      const full = {
        due: 1_893_456_900_000,
        chart: 'instance@1',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        by: 'user:é-字',
      };
      const odd = { correlationId: 'req 7', causationId: 'ABCDEF00-0000-4000-8000-000000000000', traceparent: 'none', state: '', owes: '' };
      const written = [
        wireFact(1, { meta: full, data: '{"text":"ünï \\u0000 字 😀"}' }),
        wireFact(2, { meta: odd, type: 'ContainerStarted.v12' }),
        wireFact(3),
      ];
      const expected = structuredClone(written).map((fact, i) => ({ ...fact, stream: 'instance-a-b', revision: i }));
      const answer = await log.append('instance-a-b', NO_STREAM, written);
      expect(answer).toEqual(E.right({ revision: 2, position: log.head() }));
      const stored = await log.readStream('instance-a-b');
      expect(stored).toEqual(expected.map((fact, i) => ({ ...fact, position: stored[i]?.position })));
      expect(stored.at(-1)?.position).toBe(log.head());
      expect(await log.readAll({ after: 0, max: 10 })).toEqual(stored);
      expect(Object.keys(stored[2]?.meta ?? {})).not.toContain('due');
    });

    test('an append at the wrong revision is a conflict and writes nothing', async () => {
      const log = await tracked(open());
      expect(await log.append('app-x', 0, facts(1, 1))).toEqual(
        E.left({ _tag: 'Conflict', stream: 'app-x', expected: 0, actual: NO_STREAM }),
      );
      await log.append('app-x', NO_STREAM, facts(1, 2));
      expect(await log.append('app-x', NO_STREAM, facts(7, 1))).toEqual(
        E.left({ _tag: 'Conflict', stream: 'app-x', expected: NO_STREAM, actual: 1 }),
      );
      expect(await log.append('app-x', 0, facts(7, 3))).toEqual(E.left({ _tag: 'Conflict', stream: 'app-x', expected: 0, actual: 1 }));
      expect(await log.append('app-x', 2, facts(7, 1))).toEqual(E.left({ _tag: 'Conflict', stream: 'app-x', expected: 2, actual: 1 }));
      expect(ids(await log.readStream('app-x'))).toEqual(uuids(1, 2));
    });

    test('of two appends that race for one place one wins, and others in the same commit are not touched', async () => {
      const log = await tracked(open());
      const answers = await Promise.all([
        log.append('app-a', NO_STREAM, facts(1, 2)),
        log.append('app-a', NO_STREAM, facts(3, 1)),
        log.append('app-b', NO_STREAM, facts(5, 1)),
        log.append('app-a', 1, facts(7, 1)),
      ]);
      expect(answers.map(E.isRight)).toEqual([true, false, true, true]);
      expect(answers[1]).toEqual(E.left({ _tag: 'Conflict', stream: 'app-a', expected: NO_STREAM, actual: 1 }));
      // Between streams any order will do: they are appended to at once.
      const all = await log.readAll({ after: 0, max: 10 });
      const ofStream = (name: string): string[] => ids(all.filter(({ stream }) => stream === name));
      expect([ofStream('app-a'), ofStream('app-b')]).toEqual([[uuidOf(1), uuidOf(2), uuidOf(7)], [uuidOf(5)]]);
    });

    test('an append whose facts already stand at that place succeeds again with the same place', async () => {
      const log = await tracked(open());
      const first = await log.append('app-x', NO_STREAM, facts(1, 3));
      await log.append('app-x', 2, facts(4, 2));
      const head = log.head();
      expect(await log.append('app-x', NO_STREAM, facts(1, 3))).toEqual(first);
      expect(await log.append('app-x', 2, facts(4, 2))).toEqual(E.right({ revision: 4, position: head }));
      expect(await log.append('app-x', NO_STREAM, facts(1, 2))).toEqual(E.right({ revision: 1, position: expect.any(Number) }));
      expect(log.head()).toBe(head);
      expect(ids(await log.readStream('app-x'))).toEqual(uuids(1, 5));
    });

    test('the same append twice at once is written once', async () => {
      const log = await tracked(open());
      const [first, second] = await Promise.all([log.append('app-x', NO_STREAM, facts(1, 2)), log.append('app-x', NO_STREAM, facts(1, 2))]);
      expect(E.isRight(first)).toBe(true);
      expect(second).toEqual(first);
      expect(ids(await log.readStream('app-x'))).toEqual(uuids(1, 2));
    });

    test('a stream is read from a revision, and no more than asked for', async () => {
      const log = await tracked(open());
      await log.append('app-x', NO_STREAM, facts(0, 10));
      expect(ids(await log.readStream('app-x', { from: 4, max: 3 }))).toEqual(uuids(4, 3));
      expect(ids(await log.readStream('app-x', { from: 8 }))).toEqual(uuids(8, 2));
      expect(await log.readStream('app-x', { from: 10 })).toEqual([]);
    });

    test('the whole log is read page by page in strictly increasing positions', async () => {
      const log = await tracked(open());
      for (let i = 0; i < 5; i++) await log.append(`app-${i}`, NO_STREAM, facts(i * 10, 3));
      const seen: StoredFact[] = [];
      for (let after = 0; ; ) {
        const page = await log.readAll({ after, max: 4 });
        expect(page.length).toBeLessThanOrEqual(4);
        seen.push(...page);
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.position;
      }
      expect(ids(seen)).toEqual([0, 10, 20, 30, 40].flatMap((from) => uuids(from, 3)));
      expect(seen.every(({ position }, i) => i === 0 || position > (seen[i - 1]?.position ?? 0))).toBe(true);
    });

    test("an append of the facts of a subscriber's own process reaches it before the acknowledgement, as the same objects", async () => {
      const log = await tracked(open());
      const seen: StoredFact[] = [];
      await log.subscribe(0, (batch) => seen.push(...batch));
      const mine = facts(1, 2);
      const seenAtAnswer = await log.append('app-x', NO_STREAM, mine).then(() => seen.length);
      expect(seenAtAnswer).toBe(2);
      expect(seen[0]).toBe(mine[0]);
      expect(seen.map(({ stream, revision }) => [stream, revision])).toEqual([
        ['app-x', 0],
        ['app-x', 1],
      ]);
    });

    test('acknowledgements come in the order of the appends', async () => {
      const log = await tracked(open());
      const order: number[] = [];
      await Promise.all(Array.from({ length: 20 }, (_, i) => log.append(`app-${i}`, NO_STREAM, facts(i * 2, 2)).then(() => order.push(i))));
      expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
    });

    test('a subscriber that comes late catches up and then follows, with no gap and no duplicate, while others append', async () => {
      const log = await tracked(open());
      for (let i = 0; i < 40; i++) await log.append('app-old', 300 * i - 1, facts(300 * i, 300));
      let stop = false;
      const writers = Array.from({ length: 4 }, async (_, w) => {
        for (let revision = 0; !stop; revision++) await log.append(`app-w${w}`, revision - 1, facts(100_000 * (w + 1) + revision, 1));
      });
      const fromStart: number[] = [];
      const fromMiddle: number[] = [];
      const middle = (await log.readAll({ after: 0, max: 7_000 })).at(-1)?.position ?? 0;
      await Promise.all([
        log.subscribe(0, (batch) => fromStart.push(...positions(batch))),
        log.subscribe(middle, (batch) => fromMiddle.push(...positions(batch))),
      ]);
      expect(fromStart.length).toBeGreaterThanOrEqual(12_000);
      for (let i = 0; i < 20; i++) await log.append('app-after', i - 1, facts(900_000 + i, 1));
      stop = true;
      await Promise.all(writers);
      const all: number[] = [];
      for (
        let page = await log.readAll({ after: 0, max: 5_000 });
        page.length > 0;
        page = await log.readAll({ after: all.at(-1) ?? 0, max: 5_000 })
      )
        all.push(...positions(page));
      expect(fromStart).toEqual(all);
      expect(fromMiddle).toEqual(all.filter((position) => position > middle));
    });

    test('a subscriber behind the head resolves at once and a closed one hears no more', async () => {
      const log = await tracked(open());
      await log.append('app-x', NO_STREAM, facts(1, 1));
      const seen: string[] = [];
      const subscription = await log.subscribe(log.head(), (batch) => seen.push(...ids(batch)));
      await log.append('app-x', 0, facts(2, 1));
      await subscription.close();
      await log.append('app-x', 1, facts(3, 1));
      expect(seen).toEqual([uuidOf(2)]);
    });

    test("what no log could keep is refused as a defect and spoils nobody else's append", async () => {
      const log = await tracked(open());
      const good = log.append('app-x', NO_STREAM, facts(1, 1));
      await expect(log.append('app-x', 0, [])).rejects.toThrow(TypeError);
      await expect(log.append('nodash', NO_STREAM, facts(2, 1))).rejects.toThrow(TypeError);
      await expect(log.append('app-y', NO_STREAM, [wireFact(3, { meta: { at: Number.NaN } })])).rejects.toThrow(TypeError);
      expect(E.isRight(await good)).toBe(true);
    });

    test('a closed log answers Unavailable', async () => {
      const log = await tracked(open());
      const last = log.append('app-x', NO_STREAM, facts(1, 1));
      await log.close();
      expect(E.isRight(await last)).toBe(true);
      expect(await log.append('app-x', 0, facts(2, 1))).toEqual(E.left({ _tag: 'Unavailable', reason: 'the log is closed' }));
    });

    const fencing = unless(skips.fencing);
    fencing('a leader of an older term is fenced off, and a retry of what it wrote in time is still a success', async () => {
      const log = await tracked(open());
      const inTime = await log.append('app-x', NO_STREAM, [wireFact(1, { meta: { term: 2 } })]);
      await log.append('app-y', NO_STREAM, [wireFact(2, { meta: { term: 5 } })]);
      const head = log.head();
      expect(await log.append('app-x', 0, [wireFact(3, { meta: { term: 2 } })])).toEqual(E.left({ _tag: 'Fenced', term: 2, by: 5 }));
      expect(await log.append('app-x', NO_STREAM, [wireFact(1, { meta: { term: 2 } })])).toEqual(inTime);
      expect(E.isRight(await log.append('app-x', 0, [wireFact(4, { meta: { term: 5 } })]))).toBe(true);
      expect(log.head()).toBeGreaterThan(head);
    });

    const reopening = unless(skips.reopening ?? (reopen === undefined ? 'this log keeps nothing' : undefined));
    reopening('everything is there after it was closed and opened again, and goes on from there', async () => {
      const first = await tracked(open());
      await first.append('app-x', NO_STREAM, [wireFact(1, { meta: { term: 3, due: 5 } }), wireFact(2, { meta: { term: 3 } })]);
      const before = await first.readAll({ after: 0, max: 10 });
      const head = first.head();
      await first.close();
      const second = await tracked((reopen ?? open)());
      expect(second.head()).toBe(head);
      expect(await second.readAll({ after: 0, max: 10 })).toEqual(before);
      expect(E.isLeft(await second.append('app-x', 1, [wireFact(3, { meta: { term: 2 } })]))).toBe(true);
      expect(await second.append('app-x', 0, [wireFact(9, { meta: { term: 3 } })])).toEqual(
        E.left({ _tag: 'Conflict', stream: 'app-x', expected: 0, actual: 1 }),
      );
      expect(E.isRight(await second.append('app-x', 1, [wireFact(3, { meta: { term: 3 } })]))).toBe(true);
      expect((await second.readStream('app-x')).map(({ revision }) => revision)).toEqual([0, 1, 2]);
    });
  });
};
