import { join } from 'node:path';
import { overlayLog } from '../../../src/adapters/log/overlay/overlayLog.ts';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import type { Recorded } from '../../../src/domain/kernel/recorded.ts';
import { arrayPast } from '../../../src/history/arrayPast.ts';
import { eventLogContract } from '../../contracts/eventLog.contract.ts';
import { type MemoryLog, memoryLog } from '../../support/memoryLog.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

let path = '';

eventLogContract({
  name: 'the SQLite log',
  open: () => {
    path = join(temporaryFolder(), 'log.db');
    return openSqliteLog({ path });
  },
  reopen: () => openSqliteLog({ path }),
});

let kept: MemoryLog;

eventLogContract({
  name: 'the log of the simulations',
  open: async () => {
    kept = memoryLog();
    return kept;
  },
  reopen: async () => memoryLog({ from: kept.facts }),
});

eventLogContract({
  name: 'the log of a sandbox, over nothing',
  open: async () => overlayLog(arrayPast([]), 0),
});

let below: readonly Recorded[] = [];

eventLogContract({
  name: 'the log of a sandbox, over what another one kept',
  open: async () => {
    const log = overlayLog(arrayPast([]), 0);
    below = log.tail as unknown as readonly Recorded[];
    return log;
  },
  reopen: async () => overlayLog(arrayPast([...below]), below.length),
});
