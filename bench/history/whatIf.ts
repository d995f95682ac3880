import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openPast } from '../../src/openPast.ts';

/** A span of a log tried again with another placement policy: `whatIf.ts <log> <position> <milliseconds>`. */
export type Tried = {
  /** Milliseconds of the cluster that two sandboxes went through, until they stood at the beginning, and while they went on. */
  readonly simulatedMs: number;
  readonly preparedMs: number;
  readonly startMs: number;
  readonly wallMs: number;
  readonly recorded: number;
  readonly appended: number;
  readonly moved: number;
  readonly closeness: { readonly share: number };
  readonly peakRssBytes: number;
};

const SPEED = join(import.meta.dirname, '..', '..', 'src', 'whatIf', 'whatIfSpeed.ts');
/** Whether this engine tries anything again. */
export const canTry = (): boolean => existsSync(SPEED);

if (import.meta.main) {
  const [file = '', position = '', spanMs = ''] = process.argv.slice(2);
  const past = openPast({ file, readOnly: true });
  const { whatIfSpeed } = await import(SPEED);
  const tried = await whatIfSpeed(past, { from: past.fact(Number(position))?.meta.at ?? 0, spanMs: Number(spanMs) });
  process.stdout.write(JSON.stringify({ ...tried, peakRssBytes: process.resourceUsage().maxRSS * 1024 } satisfies Tried));
  process.exit(0);
}
