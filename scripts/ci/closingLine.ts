import { z } from 'zod';

/** What is read of the report that vitest's JSON reporter writes. */
const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

/**
 * The last line of a run: `test: 123 passed, 0 failed, 4 skipped`.
 * A file that failed outside its tests (it does not load, or a hook throws) counts as one failure more; so does a run that
 * failed though no test did, as with an error that nobody caught: of that vitest tells by its exit code alone.
 * @throws ZodError for anything that is not vitest's report.
 */
export const closingLine = (json: unknown, exitCode: number): string => {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.parse(json);
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = numFailedTests + brokenFiles;
  return `test: ${numPassedTests} passed, ${failed === 0 && exitCode !== 0 ? 1 : failed} failed, ${numPendingTests + numTodoTests} skipped`;
};
