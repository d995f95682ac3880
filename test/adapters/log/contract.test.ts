import { join } from 'node:path';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
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
