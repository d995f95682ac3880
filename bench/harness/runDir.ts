import { tmpdir } from 'node:os';

/** Tells a run which directory is its own. */
export const RUN_DIR = 'WHARF_BENCH_DIR';

/** Where a run puts its files; removed with all that is in it after the last run. */
export const runDir = (): string => process.env[RUN_DIR] ?? tmpdir();
