import { openPast } from '../../src/openPast.ts';

/** Brings the index of a log to its head: `buildIndex.ts <log> [<index>]`. */
export type Built = {
  /** Facts that were not in it; 0 where it was there. */
  readonly facts: number;
  readonly seconds: number;
  readonly head: number;
  readonly peakRssBytes: number;
};

const [file = '', index] = process.argv.slice(2);
const past = openPast({ file, ...(index !== undefined && { index }) });
if (!past.isWriter) throw new Error(`another process writes the index of ${file}`);
const before = past.indexed();
const begun = performance.now();
past.catchUp();
const built: Built = {
  facts: past.indexed() - before,
  seconds: (performance.now() - begun) / 1000,
  head: past.head(),
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
past.close();
process.stdout.write(JSON.stringify(built));
process.exit(0);
