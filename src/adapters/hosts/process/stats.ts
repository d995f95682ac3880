import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostStats } from '../../../domain/ports/hosts.ts';
import type { Capabilities } from './capabilities.ts';
import { type Identity, readStat } from './state.ts';

/** The unit of cpu times in /proc/<pid>/stat; USER_HZ is 100 on every Linux that Node runs on (proc(5), sysconf(3)). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
/** cgroup v1 writes "no limit" as the largest page-aligned 63-bit number; anything of that size is none. */
const UNLIMITED_BYTES = 2 ** 60;

/** Cpu time and memory of all processes of an instance, from its cgroup, or summed over its session where it has none. */
export const statsOf = async (instance: string, app: Identity, { cgroups }: Capabilities): Promise<HostStats> => {
  if (cgroups.v2 !== undefined) return fromV2(join(cgroups.v2, instance));
  const session = cgroups.cpuacct === undefined || cgroups.memory === undefined ? await fromSession(app) : undefined;
  const cpuSeconds =
    cgroups.cpuacct === undefined ? session?.cpuSeconds : (await numberIn(join(cgroups.cpuacct, instance, 'cpuacct.usage'))) / 1e9;
  if (cgroups.memory === undefined) return { cpuSeconds: cpuSeconds ?? 0, memoryBytes: session?.memoryBytes ?? 0 };
  const memory = join(cgroups.memory, instance);
  const [used, limit, inactive] = await Promise.all([
    numberIn(join(memory, 'memory.usage_in_bytes')),
    numberIn(join(memory, 'memory.limit_in_bytes')),
    keyIn(join(memory, 'memory.stat'), 'total_inactive_file'),
  ]);
  return { cpuSeconds: cpuSeconds ?? 0, memoryBytes: Math.max(0, used - inactive), ...limited(limit) };
};

const fromV2 = async (group: string): Promise<HostStats> => {
  const [usec, used, inactive, limit] = await Promise.all([
    keyIn(join(group, 'cpu.stat'), 'usage_usec'),
    numberIn(join(group, 'memory.current')),
    keyIn(join(group, 'memory.stat'), 'inactive_file'),
    numberIn(join(group, 'memory.max')),
  ]);
  return { cpuSeconds: usec / 1e6, memoryBytes: Math.max(0, used - inactive), ...limited(limit) };
};

/** Children that have ended are counted by their parent once it has waited for them. */
const fromSession = async (app: Identity): Promise<HostStats> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => readStat(Number(pid))));
  const own = all.filter((stat) => stat !== undefined && stat.session === app.pid);
  return {
    cpuSeconds: own.reduce((sum, stat) => sum + (stat?.cpuTicks ?? 0), 0) / TICKS_PER_SECOND,
    memoryBytes: own.reduce((sum, stat) => sum + (stat?.rssPages ?? 0), 0) * PAGE_BYTES,
  };
};

/** "max" is no number, and no limit. */
const limited = (bytes: number) => (Number.isNaN(bytes) || bytes >= UNLIMITED_BYTES ? {} : { memoryLimitBytes: bytes });

const numberIn = async (path: string): Promise<number> => Number((await readFile(path, 'utf8')).trim());

const keyIn = async (path: string, key: string): Promise<number> => {
  const line = (await readFile(path, 'utf8')).split('\n').find((each) => each.startsWith(`${key} `));
  return Number(line?.slice(key.length + 1) ?? 0);
};
