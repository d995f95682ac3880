/* Records an incident: the real engine, three real Docker Engines, and what people did. Run as root: node scripts/incident/main.ts FOLDER */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { type Api, apiOf, type Json } from '../../test/support/api.ts';
import { type Cluster, startCluster } from '../../test/support/cluster.ts';
import { CHECKOUT_2, IMAGES, SHOP } from './shop.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const WHARF = join(ROOT, 'bin/wharf');
/** What facts name: nothing of the machine that this was recorded on. */
const TLS = '/srv/wharf/tls';
const ENGINE_HOSTNAME = 'quay';
const HOSTS = [1, 2, 3];
const nodeOf = (host: number): string => `harbour-${host}`;
const LOOK_EVERY_MS = 500;

const say = (text: string): void => console.info(`${new Date().toISOString()}  ${text}`);

/** The engine, with a host name of its own: it writes that into the log when it takes the lease. */
const startEngine = async (dataDir: string): Promise<{ readonly url: string; readonly process: ChildProcess }> => {
  const serve = `hostname ${ENGINE_HOSTNAME} && exec '${WHARF}' serve --data-dir '${dataDir}' --listen 127.0.0.1:0 --no-local-node --no-docker --no-dns --balancer none`;
  const child = spawn('unshare', ['--uts', 'sh', '-c', serve], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    return { url, process: child };
  }
  throw new Error('the engine did not start');
};

/** Whoever is at the engine's machine: the operator on call. */
const operator =
  (dataDir: string) =>
  async (...args: readonly string[]): Promise<string> => {
    say(`operator: wharf ${args.join(' ')}`);
    const { stdout } = await promisify(execFile)(WHARF, ['--data-dir', dataDir, ...args]);
    return stdout;
  };

const overSocket = (socketPath: string, path: string, body: unknown): Promise<void> =>
  new Promise((done, fail) => {
    const sent = request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/json' } }, (answer) => {
      answer.resume().on('end', () => ((answer.statusCode ?? 500) < 300 ? done() : fail(new Error(`${path}: ${answer.statusCode}`))));
    });
    sent.on('error', fail).end(JSON.stringify(body));
  });

const addHosts = async (cluster: Cluster, dataDir: string): Promise<void> => {
  await mkdir(TLS, { recursive: true });
  for (const name of ['ca', 'cert', 'key'] as const) await writeFile(join(TLS, `${name}.pem`), cluster.keys[name], { mode: 0o600 });
  for (const host of HOSTS) {
    const { socket, tcp } = cluster.hosts[host - 1] as Cluster['hosts'][number];
    for (const tag of IMAGES) await importBusybox(new Docker({ socketPath: socket }), { tag });
    const [address = '', port = ''] = tcp.split(':');
    const files = { caFile: `${TLS}/ca.pem`, certFile: `${TLS}/cert.pem`, keyFile: `${TLS}/key.pem` };
    await overSocket(join(dataDir, 'wharf.sock'), '/v1/nodes', {
      id: nodeOf(host),
      endpoint: { kind: 'docker-tls', host: address, port: Number(port), ...files },
      offer: { hostname: nodeOf(host), address, cpus: 2, mem: 4096, disk: 0, gpus: 0, portRanges: [[31_000, 31_100]] },
    });
  }
};

const becomes = async (what: string, look: () => Promise<boolean>): Promise<void> => {
  say(`until ${what}`);
  for (let n = 0; n < 360; n++) {
    if (await look().catch(() => false)) return;
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`it did not come to: ${what}`);
};

const story = async (cluster: Cluster, dataDir: string, api: Api): Promise<void> => {
  const wharf = operator(dataDir);
  const appOf = async (id: string): Promise<Json> => (await api.get(`/v2/apps/${id}`)).app;
  const whole = (id: string) =>
    becomes(`${id} is whole`, async () => {
      const { instances, tasksHealthy, deployments } = await appOf(id);
      return tasksHealthy === instances && deployments.length === 0;
    });
  const state = async (host: number): Promise<string> => (await api.get(`/v1/nodes/${nodeOf(host)}`)).node.state;

  await addHosts(cluster, dataDir);
  say('pipeline: deploys the shop');
  for (const definition of SHOP) await api.ask('POST', '/v2/apps', definition);
  for (const { id } of SHOP) await whole(id);
  await pause(10_000);

  say('pipeline: deploys checkout 2.0');
  await api.ask('PUT', `/v2/apps/${CHECKOUT_2.id}`, CHECKOUT_2);
  await whole(CHECKOUT_2.id);
  await becomes('checkout 2.0 has begun to fail', async () => (await appOf(CHECKOUT_2.id)).tasksHealthy < 3);

  say('harbour-2 is lost');
  await cluster.partition(2);
  await becomes('harbour-2 is out of sight', async () => (await state(2)).includes('unreachable'));
  await pause(3_000);
  // Meant for harbour-2.
  await wharf('node', 'cordon', nodeOf(3), '--reason', 'host does not answer, keep new work off it');
  await becomes('something waits', async () => (await api.get('/v2/queue')).queue.length > 0);
  await pause(45_000);

  await wharf('app', 'rollback', CHECKOUT_2.id);
  await pause(25_000);
  await wharf('node', 'uncordon', nodeOf(3));
  for (const { id } of SHOP) await whole(id);
  await pause(5_000);
  say('harbour-2 is back');
  await cluster.heal(2);
  await becomes('harbour-2 answers', async () => (await state(2)).includes('answering'));
  for (const { id } of SHOP) await whole(id);
  await pause(10_000);
};

const record = async (dataDir: string): Promise<void> => {
  await rm(dataDir, { recursive: true, force: true });
  const cluster = await startCluster(HOSTS.length);
  try {
    const engine = await startEngine(dataDir);
    try {
      await story(cluster, dataDir, apiOf(engine.url, (await readFile(join(dataDir, 'token'), 'utf8')).trim()));
    } finally {
      engine.process.kill('SIGTERM');
      await once(engine.process, 'exit');
    }
  } finally {
    await cluster.down();
    await rm(TLS, { recursive: true, force: true });
  }
};

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/incident/main.ts FOLDER, which is emptied first');
await record(resolve(folder));
