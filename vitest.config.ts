import { defineConfig } from 'vitest/config';

const isLong = process.env.WHARF_LONG === '1';
/** Where the report goes that `.ci/run` counts; no report without it. */
const result = process.env.WHARF_TEST_RESULT;

/** Two files at a time: many of them start processes, and a machine with two cores is the one we promise. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(isLong ? [] : ['test/long/**'])],
    reporters: result ? ['default', ['json', { outputFile: result }]] : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: isLong ? 600_000 : 30_000,
    hookTimeout: isLong ? 600_000 : 30_000,
  },
});
