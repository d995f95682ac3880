import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { shellCommand } from '../../../contracts/hostRuntime.contract.ts';
import { describePods } from '../../../contracts/pods.contract.ts';
import { openTemporaryHost } from './harness.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '0.0.0.0', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const volumesUnder = async (root: string, part: string): Promise<readonly string[]> => {
  const pods = (await readdir(root)).map((pod) => readdir(join(root, pod, 'volumes')).catch(() => []));
  return (await Promise.all(pods)).flat().filter((name) => name.includes(part));
};

const describeNative = (name: string, options: Parameters<typeof openTemporaryHost>[0]): void =>
  describePods({
    name,
    tool: (applet) => `busybox ${applet}`,
    mountPath: 'data',
    behave: shellCommand,
    open: async () => {
      const opened = await openTemporaryHost(options);
      return { ...opened, address: '127.0.0.1', freePort, volumes: (part) => volumesUnder(opened.root, part) };
    },
  });

describeNative('native processes', {});
describeNative('native processes without cgroups', { cgroupParent: '' });
