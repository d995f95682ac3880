import { openPast } from '../../src/openPast.ts';
import { type WhatIfSpeed, whatIfSpeed } from '../../src/whatIf/whatIfSpeed.ts';

/** A span of a log tried again with another placement policy: `whatIf.ts <log> <position> <milliseconds>`. */
export type Tried = WhatIfSpeed & { readonly peakRssBytes: number };

const [file = '', position = '', spanMs = ''] = process.argv.slice(2);
const past = openPast({ file, readOnly: true });
const from = past.fact(Number(position))?.meta.at;
if (from === undefined) throw new Error(`there is no fact #${position} in ${file}`);
const speed = await whatIfSpeed(past, { from, spanMs: Number(spanMs) });
const tried: Tried = { ...speed, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(tried));
process.exit(0);
