import { readFile, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Exit, Holds, Observed } from '../../../domain/ports/hosts.ts';
import { type InstancePaths, pathsOf } from './layout.ts';

/** A process that can't be mistaken for a later one with the same number (proc(5), field 22 of stat). */
export type Identity = { readonly pid: number; readonly startTicks: string; readonly bootId: string };

const SIGNAL_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** What the files of one instance and the kernel say about it; undefined when there is nothing of that name. */
export const observeInstance = async (root: string, instance: string, bootId: string): Promise<Observed | undefined> => {
  const paths = pathsOf(root, instance);
  const [exit, app] = await Promise.all([readExit(paths), readIdentity(paths.app)]);
  if (app === undefined) {
    const pod = await readPod(paths);
    if (pod !== undefined)
      return { instance, ...pod, ipAddresses: [], ...(exit === undefined ? { status: 'running' } : { status: 'exited', exit }) };
    if (exit !== undefined) return { instance, id: 'none', status: 'exited', ipAddresses: [], exit };
    return (await exists(paths.dir)) ? { instance, id: 'none', status: 'created', ipAddresses: [] } : undefined;
  }
  const known = { instance, id: `${app.pid}@${app.startTicks}`, startedAt: await modifiedAt(paths.app), ipAddresses: [] };
  if (exit !== undefined) return { ...known, status: 'exited', exit };
  if (await isAlive(app, bootId)) return { ...known, status: 'running' };
  const shim = await readIdentity(paths.shim);
  if (shim !== undefined && (await isAlive(shim, bootId))) return { ...known, status: 'running' };
  // Neither is there. The record may have appeared since we looked; without one nobody saw how it ended.
  return { ...known, status: 'exited', exit: (await readExit(paths)) ?? { oom: false } };
};

/** Whether that very process exists. A zombie has ended: only its parent is still to hear of it. */
export const isAlive = async (identity: Identity, bootId: string): Promise<boolean> => {
  if (identity.bootId !== bootId) return false;
  const stat = await readStat(identity.pid);
  return stat !== undefined && stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X';
};

export type ProcessStat = {
  readonly state: string;
  readonly session: number;
  readonly cpuTicks: number;
  readonly startTicks: string;
  readonly rssPages: number;
};

/** /proc/<pid>/stat, proc(5); the command name in parentheses may itself hold spaces and parentheses. */
export const readStat = async (pid: number): Promise<ProcessStat | undefined> => {
  const text = await readText(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields.length < 22) return undefined;
  const number = (field: number) => Number(fields[field - 3]);
  return {
    state: fields[0] ?? '',
    session: number(6),
    cpuTicks: number(14) + number(15) + number(16) + number(17),
    startTicks: fields[19] ?? '',
    rssPages: number(24),
  };
};

export const readIdentity = async (path: string): Promise<Identity | undefined> => {
  const [pid, startTicks, bootId] = (await readText(path))?.trim().split(' ') ?? [];
  return startTicks === undefined || bootId === undefined ? undefined : { pid: Number(pid), startTicks, bootId };
};

export const readBootId = async (): Promise<string> => ((await readText('/proc/sys/kernel/random/boot_id')) ?? '').trim();

const readExit = async (paths: InstancePaths): Promise<Exit | undefined> => {
  const [kind, number, oom] = (await readText(paths.exit))?.trim().split(' ') ?? [];
  if (kind === undefined || kind === '') return undefined;
  const how = { oom: oom === '1', at: await modifiedAt(paths.exit) };
  if (kind === 'code') return { ...how, exitCode: Number(number) };
  if (kind === 'signal') return { ...how, signal: SIGNAL_NAMES.get(Number(number)) ?? `SIG${number}` };
  return how;
};

/** Nothing runs for it, so it holds from the moment that its record is there to the moment that its end is. */
const readPod = async (paths: InstancePaths): Promise<Pick<Observed, 'id' | 'startedAt' | 'holds'> | undefined> => {
  const text = await readText(paths.pod);
  if (text === undefined) return undefined;
  const startedAt = await modifiedAt(paths.pod);
  return { id: `pod@${startedAt}`, startedAt, holds: JSON.parse(text) as Holds };
};

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** A record is written once, so its time of change is when the thing happened. */
const modifiedAt = async (path: string): Promise<number> => Math.floor((await stat(path)).mtimeMs);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
