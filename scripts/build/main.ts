import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Compiles src/ to JavaScript and declarations in dist/ for the published package. The repository itself needs no build. */
const root = join(import.meta.dirname, '../..');
const dist = join(root, 'dist');

/** Sources are compiled and pages are for readers of the repository; the rest is loaded at run time from beside the code. */
const isAsset = (path: string): boolean => statSync(path).isDirectory() || !/\.(ts|md)$/.test(path);

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
cpSync(join(root, 'src'), dist, { recursive: true, filter: isAsset });
