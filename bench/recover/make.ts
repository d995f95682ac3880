import { makeLog } from './makeLog.ts';

/** `make.ts <log> <instances> <hosts> <apps> <checked>` */
const [path = '', instances, hosts, apps, checked] = process.argv.slice(2);
await makeLog(path, { instances: Number(instances), hosts: Number(hosts), apps: Number(apps), checked: Number(checked) });
process.stdout.write('{}', () => process.exit(0));
