import { recover } from './recovery.ts';

/** `start.ts <log> <hosts> [<snapshot>]`: one start in a process of its own, told as JSON. */
const [path = '', hosts = '', snapshot] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await recover(path, snapshot, Number(hosts))), () => process.exit(0));
