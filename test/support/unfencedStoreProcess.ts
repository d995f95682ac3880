/**
 * As `wharf log serve`, over a log that takes facts of any term, as EventStoreDB does, which knows of none: what a leader writes that was
 * succeeded while it stood still gets in. `node unfencedStoreProcess.ts <file> <port>`
 */
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { serveEsdb } from '../../src/esdbServing.ts';

const [file = '', port] = process.argv.slice(2);
const log = await openSqliteLog({ path: file, isMirror: true });
const served = await serveEsdb({ file, token: '', facts: log, host: '127.0.0.1', port: Number(port) });
await log.subscribe(log.head(), served.advanced);
process.stdout.write(`the log ${file} is served on ${served.host}:${served.port}\n`);
