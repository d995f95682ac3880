import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import type { EventLog } from '../../../../src/domain/kernel/ports.ts';
import { eventLogContract } from '../../../contracts/eventLog.contract.ts';
import { openMirrored } from '../../../support/mirroredLog.ts';
import { ROOT } from '../../../support/sources.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** One process with a store for each test: starting one costs more than all that a test asks of it. */
const stores = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'test/support/storesProcess.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const ports = createInterface({ input: stores.stdout })[Symbol.asyncIterator]();
let connection = '';
let folder = '';

eventLogContract({
  name: 'the log at EventStoreDB, over the wire from a process that serves the embedded log,',
  open: async (): Promise<EventLog> => {
    folder = temporaryFolder();
    stores.stdin.write(`${join(folder, 'store.sqlite')}\n`);
    connection = `esdb://127.0.0.1:${String((await ports.next()).value)}?tls=false`;
    return openMirrored(connection, folder);
  },
  reopen: () => openMirrored(connection, folder),
});

afterAll(() => {
  stores.kill('SIGKILL');
});
