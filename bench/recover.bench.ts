/**
 * Starts an engine over a log in which so many instances run: from the beginning of its process until an app that was asked for at once has its
 * place on disk. `--snapshot 0` folds the whole log. Logs and snapshots are made once and kept in the system's temporary folder.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runBench } from './harness/bench.ts';
import type { Recovery } from './recover/recovery.ts';

type Taken = { readonly bytes: number; readonly cpuSeconds: number; readonly peakRssBytes: number };

const FOLDER = join(tmpdir(), 'wharf-bench-recover');
/** As bin/wharf starts the engine; making a log of a million instances needs more. */
const FLAGS = ['--max-semi-space-size=32', '--disable-warning=ExperimentalWarning', '--max-old-space-size=8192'];
const run = promisify(execFile);

const inChild = async <Told>(script: string, ...args: readonly (string | number)[]): Promise<Told> => {
  const { stdout } = await run(process.execPath, [...FLAGS, join(import.meta.dirname, 'recover', script), ...args.map(String)]);
  return JSON.parse(stdout) as Told;
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

await runBench({
  name: 'recover',
  options: { instances: 400_000, hosts: 5_000, apps: 400, checked: 0, snapshot: 1 },
  run: async ({ instances, hosts, apps, checked, snapshot }, say) => {
    await mkdir(FOLDER, { recursive: true });
    const made = join(FOLDER, `${instances}-${hosts}-${apps}-${checked}.sqlite`);
    if (!(await isThere(made))) {
      say(`makes a log of ${instances} instances`);
      await inChild('make.ts', `${made}.new`, instances, hosts, apps, checked);
      await rename(`${made}.new`, made);
    }
    const kept = `${made}.snapshot`;
    // One that is of this version and this log already is read and written again.
    const taken = snapshot === 0 ? undefined : await inChild<Taken>('snapshot.ts', made, kept);
    const folder = await mkdtemp(join(FOLDER, 'run-'));
    try {
      const path = join(folder, 'log.sqlite');
      await copyFile(made, path);
      const told = await inChild<Recovery>('start.ts', path, hosts, ...(taken === undefined ? [] : [kept]));
      const { opened, loaded, started, decided, compared } = told;
      return {
        wallSeconds: decided.wall,
        cpuSeconds: { process: decided.process, mainThread: decided.main },
        wall: { opened: opened.wall, loaded: loaded.wall, started: started.wall, decided: decided.wall, compared: compared.wall },
        mainThread: { opened: opened.main, loaded: loaded.main, started: started.main, decided: decided.main, compared: compared.main },
        facts: told.facts,
        ...(taken === undefined && { factsPerSecond: told.factsPerSecond }),
        factsMade: told.factsMade,
        logBytes: (await stat(made)).size,
        peakRssBytes: told.peakRssBytes,
        ...(taken !== undefined && {
          snapshot: { bytes: taken.bytes, cpuSeconds: taken.cpuSeconds, peakRssBytes: taken.peakRssBytes },
        }),
      };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
});
