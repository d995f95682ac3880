import { join } from 'node:path';
import { type EventStoreLogOptions, openEventStoreLog } from '../../src/adapters/log/esdb/client/eventStoreLog.ts';
import { placeFile } from '../../src/adapters/log/esdb/client/mirrorPlace.ts';
import { openWire } from '../../src/adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import type { EventLog } from '../../src/domain/kernel/ports.ts';
import { nouns } from '../../src/domain/nouns.ts';

/** The log at a store, with its mirror in a folder. */
export const openMirrored = async (connection: string, folder: string, options: Partial<EventStoreLogOptions> = {}): Promise<EventLog> => {
  const wire = openWire(connection);
  const mirror = await openSqliteLog({ path: join(folder, 'mirror.sqlite'), synchronous: 'OFF', isMirror: true });
  try {
    const log = await openEventStoreLog({
      wire,
      mirror,
      places: placeFile(join(folder, 'mirror.json')),
      nouns: Object.keys(nouns),
      ...options,
    });
    return {
      ...log,
      close: async () => {
        await log.close();
        await wire.close();
      },
    };
  } catch (error) {
    await mirror.close();
    await wire.close();
    throw error;
  }
};
