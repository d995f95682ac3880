import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openWire } from '../../src/adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM } from '../../src/domain/kernel/ports.ts';
import { importFile } from '../../src/logs/import.ts';
import { copyFromStore, copyToStore } from '../../src/logs/storeCopy.ts';
import { ROOT } from '../support/sources.ts';
import { type StoreProcess, startStore } from '../support/storeProcess.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { wireFact } from '../support/wireFacts.ts';

const withStore = async (work: (store: StoreProcess, folder: string) => Promise<void>): Promise<void> => {
  const folder = temporaryFolder();
  const store = await startStore(join(folder, 'store.sqlite'));
  try {
    await work(store, folder);
  } finally {
    await store.kill();
  }
};

/** A recorded history of a real cluster. */
const recorded = async (folder: string): Promise<string> => {
  const file = join(folder, 'log.sqlite');
  await importFile(join(ROOT, 'docs/incident/shop.jsonl'), file, () => {});
  return file;
};

/** All that a log is: place, name and hash of each fact. */
const rowsOf = (file: string): readonly unknown[] => {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare('SELECT position, stream, revision, type, at, term, by, state, data FROM facts ORDER BY position').all();
  } finally {
    db.close();
  }
};

test('a log that was copied to a store and back is the same, fact by fact', () =>
  withStore(async (store, folder) => {
    const file = await recorded(folder);
    const there = await copyToStore({ store: store.connection, file });
    const back = join(folder, 'back.sqlite');
    const again = await copyFromStore({ store: store.connection, file: back });
    expect(there.facts).toBe(rowsOf(file).length);
    expect(again).toEqual({ ...there, before: 0 });
    expect(rowsOf(back)).toEqual(rowsOf(file));
    const log = await openSqliteLog({ path: back });
    expect((await log.verifyAll()).faults).toEqual([]);
    await log.close();
  }));

test('a copy that the store’s end interrupts goes on where it was', () =>
  withStore(async (store, folder) => {
    const file = await recorded(folder);
    let isKilled = false;
    let restarted: Promise<void> | undefined;
    const interrupted = await copyToStore({
      store: store.connection,
      file,
      onProgress: (what, facts) => {
        if (what !== 'copied' || facts < 60 || isKilled) return;
        isKilled = true;
        restarted = store.kill().then(() => store.restart());
      },
    });
    await restarted;
    expect(isKilled).toBe(true);
    expect(interrupted.before).toBe(0);
    // Given up half-way on purpose, and asked for again.
    const other = await startStore(join(folder, 'other.sqlite'));
    try {
      const stop = new AbortController();
      const half = copyToStore({
        store: other.connection,
        file,
        signal: stop.signal,
        onProgress: (what, facts) => what === 'copied' && facts >= 60 && stop.abort(),
      });
      await expect(half).rejects.toThrow();
      const whole = await copyToStore({ store: other.connection, file });
      expect(whole.before).toBeGreaterThanOrEqual(60);
      expect(whole.before).toBeLessThan(whole.facts);
      await expect(copyToStore({ store: other.connection, file })).resolves.toEqual({ ...whole, before: whole.facts });
    } finally {
      await other.kill();
    }
  }));

test('two logs are not mixed: the first fact that is another is named, and nothing is written', () =>
  withStore(async (store, folder) => {
    const wire = openWire(store.connection);
    const path = join(folder, 'one.sqlite');
    const one = await openSqliteLog({ path });
    await one.append('app-/one', NO_STREAM, [wireFact(1), wireFact(2)]);
    await one.close();
    await copyToStore({ store: store.connection, file: path });
    await expect(copyToStore({ store: store.connection, file: await recorded(folder) })).rejects.toThrow(
      /the store holds app-\/one revision 0 .* where the log has .* they are two logs/,
    );
    expect(await wire.readStream('app-/one', 0, 10)).toHaveLength(2);
    await wire.close();
  }));

test('what is there is not overwritten, and a log in use is left alone', () =>
  withStore(async (store, folder) => {
    const file = await recorded(folder);
    await expect(copyFromStore({ store: store.connection, file })).rejects.toThrow('is there already; a copy makes a new log');
    const log = await openSqliteLog({ path: file });
    await expect(copyToStore({ store: store.connection, file })).rejects.toThrow('is in use by another engine');
    await log.close();
    expect(existsSync(`${file}.copying`)).toBe(false);
  }));
