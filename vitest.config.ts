import { defineConfig } from 'vitest/config';

const isLong = process.env.WHARF_LONG === '1';
/** Where the report goes that `.ci/run` counts; no report without it. */
const result = process.env.WHARF_TEST_RESULT;

/**
 * Three files at a time on the two cores that we promise: many of them start processes and wait for what these do, so that two leave a third of
 * the machine idle. The long tests measure, and go by two.
 */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(isLong ? [] : ['test/long/**'])],
    reporters: result ? ['default', ['json', { outputFile: result }]] : ['default'],
    pool: 'forks',
    maxWorkers: isLong ? 2 : 3,
    testTimeout: isLong ? 600_000 : 30_000,
    hookTimeout: isLong ? 600_000 : 30_000,
  },
});
