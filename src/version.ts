import { readFileSync } from 'node:fs';

/** The package's own version; package.json stands one folder above, both in the source tree and in the published package. */
export const VERSION: string = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;
