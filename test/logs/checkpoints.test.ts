import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { makeSigningKey } from '../../src/adapters/witness/signingKeys.ts';
import { type CheckpointingOptions, startCheckpointing } from '../../src/logs/checkpoints.ts';
import { newSigningKey } from '../../src/logs/keygen.ts';
import { readWitnesses, trustIn } from '../../src/logs/verify.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { wireFact } from '../support/wireFacts.ts';

const world = async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const key = join(folder, 'key');
  makeSigningKey(key);
  const logFile = join(dataDir, 'log.sqlite');
  const log = await openSqliteLog({ path: logFile });
  onTestFinished(() => log.close());
  const clock = simulatedClock(1_893_456_000_000);
  const witnesses = [join(folder, 'one.jsonl'), join(folder, 'two.jsonl')];
  const troubles: string[] = [];
  let n = 0;
  const options: CheckpointingOptions = {
    dataDir,
    logFile,
    keyFile: key,
    witnesses,
    head: log.head,
    clock,
    everyFacts: 10,
    everyMs: 60_000,
    onTrouble: (why) => troubles.push(why),
  };
  return {
    folder,
    dataDir,
    key,
    clock,
    witnesses,
    troubles,
    log,
    options,
    write: async (count: number, stream = 'app-/web') => {
      const { length } = await log.readStream(stream);
      await log.append(
        stream,
        length - 1,
        Array.from({ length: count }, () => wireFact(++n)),
      );
    },
    kept: async () => readWitnesses(witnesses, trustIn([`${key}.pub`])).map(({ witnessed }) => witnessed),
  };
};

test('a checkpoint follows so many facts, or so much time where something is new, and stopping', async () => {
  const { options, clock, write, kept } = await world();
  const checkpointing = startCheckpointing(options);
  const positions = async () => (await kept())[0]?.checkpoints.map(({ position }) => position);
  /** Lets time go by when nothing is under way any more. */
  const pass = async (ms: number) => {
    await expect.poll(() => clock.waiting).toBe(1);
    clock.advance(ms);
  };
  await write(9);
  await pass(1_000);
  await write(1, 'app-/db');
  await pass(1_000);
  await expect.poll(positions).toEqual([10]);
  await pass(120_000);
  await write(2);
  await pass(1_000);
  await expect.poll(positions).toEqual([10, 12]);
  await write(3, 'app-/cache');
  await checkpointing.close();
  expect(await positions()).toEqual([10, 12, 15]);
  const [one, two] = await kept();
  expect(two).toEqual(one);
  expect(one?.faults).toEqual([]);
});

test('the next engine goes on with the chain of the last, and says nothing twice', async () => {
  const { options, write, kept } = await world();
  await write(3);
  const first = startCheckpointing(options);
  await first.now();
  await first.now();
  await first.close();
  await write(1);
  const second = startCheckpointing(options);
  expect(await second.now()).toMatchObject({ number: 2, position: 4 });
  await second.close();
  const [one] = await kept();
  expect([one?.checkpoints.map(({ number }) => number), one?.faults]).toEqual([[1, 2], []]);
});

test('a witness that cannot keep it is named, the others have it, and the next one goes to all', async () => {
  const { options, witnesses, write, kept, troubles, folder } = await world();
  await write(1);
  const [one = ''] = witnesses;
  const nowhere = join(folder, 'nowhere', 'witness.jsonl');
  const half = startCheckpointing({ ...options, witnesses: [one, nowhere] });
  await expect(half.now()).rejects.toThrow(`checkpoint 1 was not kept by ${nowhere}`);
  await half.close();
  expect(troubles).toEqual([expect.stringContaining('no checkpoint: checkpoint 2 was not kept by')]);
  const whole = startCheckpointing(options);
  await whole.now();
  await whole.close();
  const [first, second] = await kept();
  expect(first?.faults).toEqual([]);
  expect(second?.checkpoints.at(-1)).toEqual(first?.checkpoints.at(-1));
});

test('an empty log has no checkpoint', async () => {
  const { options, witnesses } = await world();
  const checkpointing = startCheckpointing(options);
  expect(await checkpointing.now()).toBeUndefined();
  await checkpointing.close();
  expect(() => readFileSync(witnesses[0] ?? '')).toThrow('ENOENT');
});

test('neither key nor witness may lie beside the log, by whatever way', async () => {
  const { options, dataDir, folder, key } = await world();
  const inside = join(dataDir, 'key');
  writeFileSync(inside, readFileSync(key), { mode: 0o600 });
  expect(() => startCheckpointing({ ...options, keyFile: inside })).toThrow('lies inside the data directory');
  expect(() => startCheckpointing({ ...options, witnesses: [join(dataDir, 'sub', 'w.jsonl')] })).toThrow('lies inside the data directory');
  symlinkSync(dataDir, join(folder, 'elsewhere'));
  expect(() => startCheckpointing({ ...options, keyFile: join(folder, 'elsewhere', 'key') })).toThrow('lies inside the data directory');
  expect(() => newSigningKey(join(folder, 'elsewhere', 'another'), dataDir)).toThrow('lies inside the data directory');
  expect(() => startCheckpointing({ ...options, witnesses: [] })).toThrow('name one');
});
