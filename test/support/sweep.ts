import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryRun } from './shell.ts';

/** Ends and removes engines by their state directory, also those that a killed run left behind. */

/** `<prefix><pid of the owner>-<name>`: whose it is can be told without asking. */
export const STATE_PREFIX = 'wharf-engines-';

/** Processes whose command line names the directory (engine, containerd, shims) and all their descendants: nothing but ours. */
const processesOf = async (directory: string): Promise<readonly number[]> => {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const pid = Number(entry);
    const [command, stat] = await Promise.all(['cmdline', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
    parents.set(pid, Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    if (command?.includes(`${directory}/`) && pid !== process.pid) found.add(pid);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents)
      if (found.has(parent) && !found.has(pid)) {
        found.add(pid);
        grown = true;
      }
  }
  return [...found];
};

const killAll = async (directory: string): Promise<void> => {
  for (let left = await processesOf(directory); left.length > 0; left = await processesOf(directory)) {
    for (const pid of left)
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    await pause(20);
  }
};

/** A killed engine leaves its data directory mounted on itself, and its containers' file systems and namespaces. */
const unmountBelow = async (directory: string): Promise<void> => {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).reverse()) await tryRun('umount', '-l', mount);
};

/** Ends whatever still runs from a state directory, takes its mounts away, and removes it with its network namespaces. */
export const removeEngines = async (directory: string): Promise<void> => {
  await killAll(directory);
  await unmountBelow(directory);
  const net = await readFile(join(directory, 'network.json'), 'utf8').catch(() => undefined);
  if (net !== undefined) {
    const { namespaces, link, lease } = JSON.parse(net) as { namespaces: readonly string[]; link: string; lease: string };
    await tryRun('ip', 'link', 'del', link);
    for (const name of namespaces) await tryRun('ip', 'netns', 'del', name);
    await rm(lease, { recursive: true, force: true });
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Removes the engines of runs that are no more. @returns how many. */
export const sweep = async (): Promise<number> => {
  let swept = 0;
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(STATE_PREFIX) || alive(Number.parseInt(name.slice(STATE_PREFIX.length), 10))) continue;
    await removeEngines(join(tmpdir(), name));
    swept += 1;
  }
  return swept;
};
