import { makeLog } from './makeLog.ts';

/** `make.ts <log> <instances> <hosts> <apps>` */
const [path = '', instances, hosts, apps] = process.argv.slice(2);
await makeLog(path, { instances: Number(instances), hosts: Number(hosts), apps: Number(apps) });
process.stdout.write('{}', () => process.exit(0));
