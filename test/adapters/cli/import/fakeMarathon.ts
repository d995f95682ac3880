import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

type Json = Readonly<Record<string, unknown>>;

export type Fake = {
  /** What each path answers, its query left out. Any other is answered as Marathon does. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** The Authorization header that it wants. */
  readonly authorization?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Behind a path, as behind DC/OS' Admin Router. */
  readonly prefix?: string;
};

export type FakeMarathon = { readonly url: string; readonly asked: readonly string[] };

/** A server that answers as an old Marathon did: it is only read, and says what it was asked. */
export const fakeMarathon = async ({ answers, authorization, tls, prefix = '' }: Fake): Promise<FakeMarathon> => {
  const asked: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    asked.push(`${request.method} ${path}`);
    const say = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const body = path.startsWith(prefix) ? answers[path.slice(prefix.length)] : undefined;
    if (authorization !== undefined && request.headers.authorization !== authorization) say(401, { message: 'Unauthorized' });
    else if (body === undefined) say(500, { message: 'URI not found' });
    else say(200, body);
  };
  const server: Server = tls === undefined ? createPlain(answer) : createSecure(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${prefix}`, asked };
};

const READ_ONLY: Json = {
  version: '2016-03-01T10:00:00.000Z',
  versionInfo: { lastScalingAt: '2016-03-01T10:00:00.000Z', lastConfigChangeAt: '2016-02-01T10:00:00.000Z' },
  tasksStaged: 0,
  tasksRunning: 2,
  tasksHealthy: 2,
  tasksUnhealthy: 0,
  deployments: [],
};

/** A native app as 0.11 answered it: everything spelt out, `null` for what is not there. */
export const of011 = (id: string, more: Json = {}): Json => ({
  id,
  cmd: 'exec sleep 1000',
  args: null,
  user: null,
  env: { RELEASE: '1' },
  instances: 1,
  cpus: 0.01,
  mem: 16,
  disk: 0,
  executor: '',
  constraints: [],
  uris: [],
  storeUrls: [],
  ports: [10101],
  requirePorts: false,
  backoffSeconds: 1,
  backoffFactor: 1.15,
  maxLaunchDelaySeconds: 3600,
  container: null,
  healthChecks: [],
  dependencies: [],
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  labels: {},
  acceptedResourceRoles: null,
  ...READ_ONLY,
  ...more,
});

/** As 1.4 answered it: deprecated forms and their successors side by side. */
export const of14 = (id: string, more: Json = {}): Json => ({
  ...of011(id),
  gpus: 0,
  fetch: [],
  portDefinitions: [{ port: 10101, protocol: 'tcp', labels: {} }],
  ipAddress: null,
  residency: null,
  secrets: {},
  taskKillGracePeriodSeconds: null,
  unreachableStrategy: { inactiveAfterSeconds: 300, expungeAfterSeconds: 600 },
  killSelection: 'YOUNGEST_FIRST',
  readinessChecks: [],
  readinessCheckResults: [],
  taskStats: { startedAfterLastScaling: { stats: { counts: { staged: 0, running: 2, healthy: 2, unhealthy: 0 } } } },
  ...more,
});

/** As 1.11 answers it. */
export const of111 = (id: string, more: Json = {}): Json => {
  const { ports: _, uris: __, storeUrls: ___, ipAddress: ____, residency: _____, ...rest } = of14(id) as Record<string, unknown>;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
    acceptedResourceRoles: ['*'],
    role: '*',
    executor: '',
    networks: [{ mode: 'host' }],
    portDefinitions: [{ port: 10101, name: 'default', protocol: 'tcp' }],
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    tasksStats: {},
    ...more,
  };
};

export const group = (id: string, more: Json = {}): Json => ({
  id,
  dependencies: [],
  apps: [],
  pods: [],
  groups: [],
  version: '2016-03-01T10:00:00.000Z',
  ...more,
});

/** The answers of a Marathon that holds this tree. */
export const holding = (root: Json, version = '1.4.5'): Readonly<Record<string, unknown>> => ({
  '/v2/info': { name: 'marathon', version, frameworkId: 'f', leader: 'old:8080' },
  '/v2/groups': root,
});

/** As 1.4 and later answered pods. */
export const pod = (id: string, more: Json = {}): Json => ({
  id,
  version: '2017-03-01T10:00:00.000Z',
  labels: {},
  environment: { RELEASE: '1' },
  containers: [
    {
      name: 'sleeper',
      exec: { command: { shell: 'exec sleep 1000' } },
      resources: { cpus: 0.01, mem: 32, disk: 0, gpus: 0 },
      endpoints: [],
      volumeMounts: [],
      artifacts: [],
      environment: {},
      labels: {},
    },
  ],
  networks: [{ mode: 'host', labels: {} }],
  volumes: [],
  scaling: { kind: 'fixed', instances: 1 },
  scheduling: {
    backoff: { backoff: 1, backoffFactor: 1.15, maxLaunchDelay: 300 },
    upgrade: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    killSelection: 'YOUNGEST_FIRST',
    unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    placement: { constraints: [], acceptedResourceRoles: [] },
  },
  secrets: {},
  executorResources: { cpus: 0.1, mem: 32, disk: 10 },
  ...more,
});
