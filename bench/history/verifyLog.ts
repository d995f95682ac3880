import { verifyFile } from '../../src/logs/verify.ts';

/** Verifies a log, chains and states, as `wharf log verify` does: `verifyLog.ts <log>`. */
export type Verified = { readonly facts: number; readonly faults: number; readonly seconds: number; readonly peakRssBytes: number };

const [file = ''] = process.argv.slice(2);
const begun = performance.now();
const report = await verifyFile(file);
const verified: Verified = {
  facts: report.facts,
  faults: report.faultCount,
  seconds: (performance.now() - begun) / 1000,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
for (const { kind, stream, position, detail } of report.faults.slice(0, 5))
  process.stderr.write(`#${position} ${stream}: ${kind}: ${detail}\n`);
process.stdout.write(JSON.stringify(verified));
process.exit(0);
