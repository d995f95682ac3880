import { setPriority } from 'node:os';
import { takeSnapshot } from './take.ts';

/** A process that takes one snapshot and ends, so that its memory is gone; whatever the engine does goes first. */
export type SnapshotAnswer =
  | ({ readonly _tag: 'Taken'; readonly cpuSeconds: number; readonly peakRssBytes: number } & Awaited<ReturnType<typeof takeSnapshot>>)
  | { readonly _tag: 'Failed'; readonly why: string };

/** As `nice -n 10`. */
const LOW_PRIORITY = 10;

const [file = '', snapshot = ''] = process.argv.slice(2);

const answer = async (): Promise<SnapshotAnswer> => {
  try {
    setPriority(LOW_PRIORITY);
    const taken = await takeSnapshot({ file, snapshot });
    const { user, system } = process.cpuUsage();
    return { _tag: 'Taken', ...taken, cpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
  } catch (error) {
    return { _tag: 'Failed', why: error instanceof Error ? error.message : String(error) };
  }
};

const told = await answer();
// Where its engine has ended meanwhile nobody hears it.
if (process.connected) process.send?.(told, () => process.disconnect());
