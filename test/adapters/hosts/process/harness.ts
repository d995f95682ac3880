/** Opens process hosts in directories of their own, and leaves neither process nor file behind. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProcessHost, type ProcessHostOptions } from '../../../../src/adapters/hosts/process/processHost.ts';
import type { RunSpec } from '../../../../src/domain/ports/hosts.ts';
import type { OpenedHost } from '../../../contracts/hostRuntime.contract.ts';

export type OpenedProcessHost = OpenedHost & { readonly root: string };

export const processSpec = (overrides: Partial<RunSpec>): RunSpec => ({
  instance: `i-${randomUUID()}`,
  taskId: 'web.instance-1._app.1',
  app: '/web',
  version: '2026-01-01T00:00:00.000Z',
  slot: 0,
  forcePull: false,
  command: { shell: 'exec sleep 600' },
  env: {},
  labels: {},
  cpus: 0.5,
  mem: 64,
  disk: 0,
  gpus: 0,
  network: { mode: 'host' },
  ports: [],
  mounts: [],
  artifacts: [],
  privileged: false,
  tty: false,
  parameters: [],
  ...overrides,
});

export const openTemporaryHost = async (options: Partial<ProcessHostOptions> = {}): Promise<OpenedProcessHost> => {
  const root = await mkdtemp(join(tmpdir(), 'wharf-process-'));
  await chmod(root, 0o755);
  const cgroupParent = options.cgroupParent ?? `wharfinger-test-${randomUUID()}`;
  const reopen = () => openProcessHost({ ...options, root, cgroupParent });
  const host = await reopen();
  return {
    root,
    host,
    reopen,
    makeSpec: processSpec,
    async cleanup() {
      const left = await host.inventory()();
      const instances = left._tag === 'Right' ? left.right.map(({ instance }) => instance) : [];
      await Promise.all(
        instances.map(async (instance) => {
          await host.stop(instance, { signal: 'SIGKILL', killAt: 0 })();
          await host.remove(instance)();
        }),
      );
      await host.close();
      await rm(root, { recursive: true, force: true });
      if (cgroupParent !== '') await removeCgroups(cgroupParent);
    },
  };
};

/** The kernel keeps empty cgroups until somebody removes them, children first. */
const removeCgroups = async (parent: string): Promise<void> => {
  const mount = '/sys/fs/cgroup';
  for (const controller of ['.', ...(await readdir(mount).catch(() => []))]) {
    const top = join(mount, controller, parent);
    for (const host of await readdir(top).catch(() => [])) {
      await rmdir(join(top, host, 'shims')).catch(() => {});
      await rmdir(join(top, host)).catch(() => {});
    }
    await rmdir(top).catch(() => {});
  }
};
