import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** A folder that is gone when the test is over. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A folder for all tests of a file, gone after the last of them; what is still to be ended there must be registered after this. */
export const folderForFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
