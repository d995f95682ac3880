/**
 * Many stores in one process of their own, for tests that need a fresh one each time: `node storesProcess.ts`. A line on stdin is the path of
 * a log; the answer is a line with the port on which it is served.
 */
import { createInterface } from 'node:readline';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { serveEsdb } from '../../src/esdbServing.ts';

for await (const file of createInterface({ input: process.stdin })) {
  const log = await openSqliteLog({ path: file });
  const served = await serveEsdb({ file, token: '', host: '127.0.0.1', port: 0, facts: log });
  await log.subscribe(log.head(), served.advanced);
  process.stdout.write(`${served.port}\n`);
}
process.exit(0);
