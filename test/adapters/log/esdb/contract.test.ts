import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { EventLog } from '../../../../src/domain/kernel/ports.ts';
import { eventLogContract } from '../../../contracts/eventLog.contract.ts';
import { openMirrored } from '../../../support/mirroredLog.ts';
import { type StoreProcess, startStore } from '../../../support/storeProcess.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** Each test has a store of its own: its process is started while the test before runs. */
const started: StoreProcess[] = [];
let store: StoreProcess;
let folder = '';

eventLogContract({
  name: 'the log at EventStoreDB, over the wire from a process that serves the embedded log,',
  open: async (): Promise<EventLog> => {
    folder = temporaryFolder();
    store = await startStore(join(folder, 'store.sqlite'));
    started.push(store);
    return openMirrored(store.connection, folder);
  },
  reopen: () => openMirrored(store.connection, folder),
});

afterAll(async () => {
  await Promise.all(started.map(({ kill }) => kill()));
});
