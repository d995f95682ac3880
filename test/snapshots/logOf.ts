import { either as E } from 'fp-ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';

/** Puts facts into a log file, behind those that are there. */
export const appendAll = async (file: string, facts: readonly StoredFact[]): Promise<void> => {
  const log = await openSqliteLog({ path: file, synchronous: 'OFF' });
  for (const { stream, revision, id, type, data, meta } of facts) {
    const appended = await log.append(stream, revision - 1, [{ id, type, data, meta }]);
    if (E.isLeft(appended)) throw new Error(JSON.stringify(appended.left));
  }
  await log.close();
};
