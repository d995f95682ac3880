import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { either as E } from 'fp-ts';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM } from '../../../src/domain/kernel/ports.ts';
import { noMount, testWith } from '../../support/machine.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { wireFact } from '../../support/wireFacts.ts';

testWith(
  noMount(),
  'a full disk answers Unavailable, keeps what was acknowledged, and service resumes when there is room',
  async () => {
    const folder = join(temporaryFolder(), 'small');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
    onTestFinished(() => {
      execFileSync('umount', ['--lazy', folder]);
    });
    const ballast = join(folder, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
    const log = await openSqliteLog({ path: join(folder, 'log.db') });
    onTestFinished(() => log.close());

    const delivered: string[] = [];
    await log.subscribe(0, (facts) => delivered.push(...facts.map(({ id }) => id)));
    const acknowledged: string[] = [];
    const fact = (n: number) => wireFact(n, { data: JSON.stringify({ text: 'x'.repeat(20_000) }) });
    let n = 0;
    let refused: unknown;
    while (refused === undefined) {
      const facts = [fact(n)];
      const answers = await Promise.all([
        log.append(`app-${n}`, NO_STREAM, facts),
        log.append(`app-other-${n}`, NO_STREAM, [fact(500_000 + n)]),
      ]);
      if (answers.every(E.isRight)) acknowledged.push(facts[0]?.id ?? '');
      // One group: all of it or nothing.
      else {
        refused = answers.map((answer) => (E.isLeft(answer) ? answer.left : answer));
        expect(answers.every(E.isLeft)).toBe(true);
      }
      n++;
    }
    expect(refused).toEqual(Array(2).fill({ _tag: 'Unavailable', reason: expect.stringMatching(/full|disk I\/O error/) }));
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(log.head()).toBe(acknowledged.length * 2);
    expect(delivered).toHaveLength(log.head());
    const still = await log.append(`app-${n - 1}`, NO_STREAM, [fact(n - 1)]);
    expect(E.isLeft(still) && still.left._tag).toBe('Unavailable');
    expect((await log.readAll({ after: 0, max: 1_000_000 })).map(({ id }) => id)).toEqual(delivered);

    rmSync(ballast);
    const again = await log.append(`app-${n - 1}`, NO_STREAM, [fact(n - 1)]);
    expect(again).toEqual(E.right({ revision: 0, position: acknowledged.length * 2 + 1 }));
    expect(await log.verifyAll()).toEqual({ facts: log.head(), streams: log.head(), head: log.head(), faults: [], faultCount: 0 });
    expect(log.stats().rolledBack).toBeGreaterThanOrEqual(2);
  },
  30_000,
);

test('a file that someone else has locked for writing answers Unavailable until it is free', { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), 'log.db');
  const log = await openSqliteLog({ path });
  onTestFinished(() => log.close());
  await log.append('app-x', NO_STREAM, [wireFact(1)]);
  const intruder = new DatabaseSync(path);
  intruder.exec('BEGIN IMMEDIATE');
  const refused = await Promise.all([log.append('app-x', 0, [wireFact(2)]), log.append('app-new', NO_STREAM, [wireFact(3)])]);
  expect(refused).toEqual(Array(2).fill(E.left({ _tag: 'Unavailable', reason: 'database is locked' })));
  intruder.exec('ROLLBACK');
  intruder.close();
  expect(await log.append('app-new', NO_STREAM, [wireFact(3)])).toEqual(E.right({ revision: 0, position: 2 }));
  expect(await log.append('app-x', 0, [wireFact(2)])).toEqual(E.right({ revision: 1, position: 3 }));
  expect((await log.verifyAll()).faultCount).toBe(0);
});
