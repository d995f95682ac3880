import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Docker from 'dockerode';
import { findBusybox, importBusybox } from '../adapters/hosts/docker/busyboxImage.ts';
import type { RuntimeEndpoint } from '../domain/node/node.facts.ts';

/** One kind of host that the demo plays on: the node, the app in a release, and how to kill one of its instances from outside. */
export type Stage = {
  readonly app: string;
  readonly node: string;
  readonly endpoint: RuntimeEndpoint;
  readonly what: string;
  definition(release: number): Readonly<Record<string, unknown>>;
  /** @param containerId as the host named it: `<pid>@<start time>`, or Docker's id. */
  kill(containerId: string): Promise<void>;
  runs(containerId: string): Promise<boolean>;
  /** How people know it: `pid 123`, `container 0af1…`. */
  nameOf(containerId: string): string;
  cleanUp(): Promise<void>;
};

const INSTANCES = 3;

const common = (id: string, release: number) => ({
  id,
  instances: INSTANCES,
  cpus: 0.2,
  mem: 64,
  env: { RELEASE: String(release) },
  healthChecks: [
    { protocol: 'HTTP', path: '/', portIndex: 0, gracePeriodSeconds: 20, intervalSeconds: 1, timeoutSeconds: 2, maxConsecutiveFailures: 3 },
  ],
  // One more than usual at a time, never one less.
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0.34 },
});

const pidOf = (containerId: string): number => Number(containerId.split('@')[0]);

/** Native processes of this machine, running the Node that runs us. */
export const nativeStage = (root: string): Stage => ({
  app: '/demo/web',
  node: 'here',
  endpoint: { kind: 'process', root },
  what: 'native processes',
  definition: (release) => ({
    ...common('/demo/web', release),
    cmd: `exec '${process.execPath}' webServer.mjs`,
    fetch: [{ uri: pathToFileURL(join(import.meta.dirname, 'webServer.mjs')).href }],
    portDefinitions: [{ port: 0, name: 'http' }],
  }),
  kill: async (containerId) => {
    process.kill(pidOf(containerId), 'SIGKILL');
  },
  runs: async (containerId) => {
    try {
      return process.kill(pidOf(containerId), 0);
    } catch {
      return false;
    }
  },
  nameOf: (containerId) => `pid ${pidOf(containerId)}`,
  cleanUp: async () => {},
});

/** Containers of a Docker Engine that answers at the usual place; or why there are none. */
export const dockerStage = async (env: Readonly<Record<string, string | undefined>>): Promise<Stage | string> => {
  const socketPath = /^unix:\/\/(.+)$/.exec(env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock';
  const docker = new Docker({ socketPath });
  const isThere = await docker.ping().then(
    () => true,
    () => false,
  );
  if (!isThere) return `no Docker Engine answers at ${socketPath}`;
  if ((await findBusybox()) === undefined) return 'there is a Docker Engine, but no statically linked busybox to make an image of';
  // An image of this run alone, so that all that was made of it can be found and removed.
  const image = `wharf-demo:${process.pid}-${Date.now()}`;
  await importBusybox(docker, { tag: image, files: { 'etc/demo': image } });
  const serve = 'echo "$RELEASE $MESOS_TASK_ID" > /www/index.html; trap "kill \\$!; exit 0" TERM; httpd -f -p 8080 -h /www & wait';
  return {
    app: '/demo/boxes',
    node: 'docker',
    endpoint: { kind: 'docker', socket: socketPath },
    what: `containers of the Docker Engine at ${socketPath}`,
    definition: (release) => ({
      ...common('/demo/boxes', release),
      cmd: serve,
      container: { type: 'DOCKER', docker: { image }, portMappings: [{ containerPort: 8080, hostPort: 0, name: 'http' }] },
      networks: [{ mode: 'container/bridge' }],
    }),
    kill: async (containerId) => {
      await docker.getContainer(containerId).kill();
    },
    runs: async (containerId) =>
      docker
        .getContainer(containerId)
        .inspect()
        .then(
          ({ State }) => State.Running,
          () => false,
        ),
    nameOf: (containerId) => `container ${containerId.slice(0, 12)}`,
    cleanUp: async () => {
      const made = await docker.listContainers({ all: true, filters: { ancestor: [image] } });
      for (const { Id } of made) await docker.getContainer(Id).remove({ force: true });
      await docker.getImage(image).remove({ force: true });
    },
  };
};

const RANGE = 40;
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A range of ports that nobody listens on now, so that the demo stays out of the way of other engines. */
export const freePorts = async (): Promise<readonly [number, number]> => {
  for (;;) {
    const from = LOWEST + Math.floor((Math.random() * (HIGHEST - LOWEST)) / RANGE) * RANGE;
    const free = await Promise.all(Array.from({ length: RANGE }, (_, i) => isFree(from + i)));
    if (free.every(Boolean)) return [from, from + RANGE - 1];
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
