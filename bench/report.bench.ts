/** No bench: makes the page of results and its chart of what benches left in `bench/results` (`npm run bench -- <name> --save`). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS } from './harness/bench.ts';
import { chartOf } from './report/chart.ts';
import { pageOf } from './report/page.ts';
import { readResults } from './report/results.ts';

const docs = join(import.meta.dirname, '..', 'docs');
const results = readResults(RESULTS);
writeFileSync(join(docs, 'performance.md'), pageOf(results));
writeFileSync(join(docs, 'performance.svg'), chartOf(results));
console.log(`docs/performance.md and docs/performance.svg tell of ${[...results.keys()].join(', ')}`);
