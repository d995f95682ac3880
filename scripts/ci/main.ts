import { readFileSync } from 'node:fs';
import { closingLine } from './closingLine.ts';

/** Prints the closing line of the report that vitest wrote: `node scripts/ci/main.ts <report> <vitest's exit code>`. Exits 1 when there is none. */
const [path = '', exitCode = ''] = process.argv.slice(2);
const text = readFileSync(path, 'utf8');
if (text === '') {
  console.log('test: nothing ran, what comes before the tests has failed');
  process.exitCode = 1;
} else console.log(closingLine(JSON.parse(text), Number(exitCode)));
