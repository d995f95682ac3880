import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openProcessHost } from '../../src/adapters/hosts/process/processHost.ts';

/** The native processes of an engine's data directory as the kernel knows them, whatever the engine believes. */

export type NativeProcess = { readonly pid: number; readonly instance: string };

/** Living processes that run in a sandbox below the directory; an application that forks is there more than once. */
export const nativeProcesses = async (dataDir: string): Promise<readonly NativeProcess[]> => {
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (pid): Promise<NativeProcess | undefined> => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        const sandbox = environment.split('\0').find((each) => each.startsWith('MESOS_SANDBOX='));
        const [, instance] = sandbox?.split(`${dataDir}/instances/`) ?? [];
        return instance === undefined ? undefined : { pid: Number(pid), instance: instance.split('/')[0] ?? '' };
      }),
  );
  return found.filter((each) => each !== undefined);
};

/** Ends whatever still runs there, and takes its cgroups away: also after a test that failed half-way. */
export const endNativeProcesses = async (dataDir: string): Promise<void> => {
  const host = await openProcessHost({ root: join(dataDir, 'instances') });
  const left = await host.inventory()();
  if (left._tag === 'Right')
    await Promise.all(
      left.right.map(async ({ instance }) => {
        await host.stop(instance, { signal: 'SIGKILL', killAt: 0 })();
        await host.remove(instance)();
      }),
    );
  await host.close();
};
