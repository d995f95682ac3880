import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import type { EventLog, WireFact } from '../../../src/domain/kernel/ports.ts';
import { isLongRun } from '../../support/machine.ts';
import { memoryLog } from '../../support/memoryLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { wireFact } from '../../support/wireFacts.ts';

/** An append at some distance from where the stream is believed to stand, or an earlier one once more. */
type Step = { readonly stream: number; readonly off: number; readonly facts: number; readonly term: number } | { readonly again: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      stream: fc.nat(3),
      off: fc.constantFrom(0, 0, 0, 0, -1, 1, -2),
      facts: fc.integer({ min: 1, max: 20 }),
      term: fc.constantFrom(1, 1, 1, 1, 2, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ again: fc.nat(40) }) },
);
/** Steps of one turn wait together, so that they share a commit. */
const turns = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

type Append = { readonly stream: string; readonly expected: number; readonly first: number; readonly facts: number; readonly term: number };

const factsOf = ({ first, facts, term }: Append): WireFact[] =>
  Array.from({ length: facts }, (_, i) => wireFact(first + i, { meta: { term } }));

/** Turns the steps into appends; where a stream stands is guessed as if every append succeeded, so that conflicts come by themselves. */
const appendsOf = (plan: readonly (readonly Step[])[]): Append[][] => {
  const made: Append[] = [];
  const believed = new Map<string, number>();
  let next = 1;
  return plan.map((turn) =>
    turn.flatMap((one): Append[] => {
      if ('again' in one) {
        const earlier = made[one.again % Math.max(1, made.length)];
        return earlier === undefined ? [] : [earlier];
      }
      const stream = `app-${one.stream}`;
      const at = believed.get(stream) ?? -1;
      const append = { stream, expected: Math.max(-1, at + one.off), first: next, facts: one.facts, term: one.term };
      next += one.facts;
      if (one.off === 0) believed.set(stream, at + one.facts);
      made.push(append);
      return [append];
    }),
  );
};

const play = async (log: EventLog, plan: readonly (readonly Append[])[]) => {
  const answers: unknown[] = [];
  const delivered: number[] = [];
  await log.subscribe(0, (facts) => delivered.push(...facts.map(({ position }) => position)));
  for (const turn of plan)
    answers.push(...(await Promise.all(turn.map((append) => log.append(append.stream, append.expected, factsOf(append))))));
  const all = await log.readAll({ after: 0, max: 10_000 });
  const streams = await Promise.all([0, 1, 2, 3].map((n) => log.readStream(`app-${n}`)));
  return { answers, delivered, all, streams, head: log.head() };
};

test('whatever is appended, missed and retried, the SQLite log answers and keeps the same as a list in memory', async () => {
  await fc.assert(
    fc.asyncProperty(turns, async (steps) => {
      const plan = appendsOf(steps);
      const folder = temporaryFolder();
      const log = await openSqliteLog({ path: join(folder, 'log.db') });
      try {
        const real = await play(log, plan);
        expect(real).toEqual(await play(memoryLog(), plan));
        expect(real.delivered).toEqual(real.all.map(({ position }) => position));
        expect((await log.verifyAll()).faults).toEqual([]);
      } finally {
        await log.close();
      }
    }),
    { numRuns: isLongRun ? 150 : 25 },
  );
}, 600_000);
