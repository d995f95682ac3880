import { defineConfig } from 'vitest/config';

const isLong = process.env.WHARF_LONG === '1';

/** Two files at a time: many of them start processes, and a machine with two cores is the one we promise. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(isLong ? [] : ['test/long/**'])],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: isLong ? 600_000 : 30_000,
    hookTimeout: isLong ? 600_000 : 30_000,
  },
});
