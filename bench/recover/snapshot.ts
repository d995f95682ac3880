import { takeSnapshot } from '../../src/snapshots/take.ts';

/** `snapshot.ts <log> <snapshot>`: one is taken, and what it took is told as JSON. */
const [file = '', snapshot = ''] = process.argv.slice(2);
const taken = await takeSnapshot({ file, snapshot });
const { user, system } = process.cpuUsage();
const told = { ...taken, cpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(told), () => process.exit(0));
