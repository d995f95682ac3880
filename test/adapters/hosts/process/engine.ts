/** Stands for an engine that starts one instance and is then killed by its test. */
import { openProcessHost } from '../../../../src/adapters/hosts/process/processHost.ts';

const [root = '', spec = ''] = process.argv.slice(2);
const host = await openProcessHost({ root });
const result = await host.run(JSON.parse(spec))();
console.log(result._tag === 'Right' ? 'started' : JSON.stringify(result.left));
setInterval(() => {}, 1000);
