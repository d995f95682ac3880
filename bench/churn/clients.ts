/**
 * Clients of an API, in a process of their own: changes and reads, each at its own time whether or not those before it were answered. Says what
 * they waited, by kind, as one line of JSON.
 *   node clients.ts <url> <seconds> <changes/s> <reads/s> <apps> <instances of each>
 */
import { Agent, request } from 'node:http';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';

export type Kind = 'app' | 'tasks' | 'apps' | 'deployments' | 'queue' | 'instances' | 'node' | 'launch' | 'stop' | 'scale';
export type Waited = { readonly kind: Kind; readonly ms: number; readonly status: number; readonly bytes: number };

const [url = '', seconds, changesPerSecond, readsPerSecond, apps = 0, each = 0, hosts = 1] = process.argv
  .slice(2)
  .map((arg, nth) => (nth === 0 ? arg : Number(arg))) as [string, number, number, number, number, number, number];

/** What is read, and how often of a hundred reads. */
const READS: readonly (readonly [number, Kind, () => string])[] = [
  [35, 'app', () => `/v2/apps/resident${pick(apps)}`],
  [30, 'tasks', () => `/v2/apps/resident${pick(apps)}/tasks`],
  [13, 'deployments', () => '/v2/deployments'],
  [10, 'queue', () => '/v2/queue'],
  [5, 'instances', () => `/v1/instances?app=/resident${pick(apps)}`],
  [5, 'node', () => `/v1/nodes/h${pick(hosts)}`],
  [2, 'apps', () => '/v2/apps'],
];
/** An app that was launched is there for so long before it may be stopped, ms. */
const STAYS_MS = 3_000;

const random = seededRandom(7);
const pick = (below: number): number => Math.floor(random() * below);
const agent = new Agent({ keepAlive: true });
const waited: Waited[] = [];

const ask = (kind: Kind, method: string, path: string, body?: unknown): Promise<void> => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(
      url + path,
      {
        agent,
        method,
        headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        answer.on('error', reject);
        answer.on('end', () => {
          waited.push({ kind, ms: performance.now() - begun, status: answer.statusCode ?? 0, bytes });
          resolve();
        });
      },
    );
    asked.on('error', reject);
    asked.end(text);
  });
};

const read = (): Promise<void> => {
  let left = random() * 100;
  for (const [share, kind, path] of READS) {
    if (left < share) return ask(kind, 'GET', path());
    left -= share;
  }
  return ask('app', 'GET', `/v2/apps/resident${pick(apps)}`);
};

const launched: { readonly id: string; readonly at: number }[] = [];
const grown = new Set<number>();
let changes = 0;
const change = async (): Promise<void> => {
  const turn = changes++ % 3;
  if (turn === 0) {
    const app = Math.floor(changes / 3) % apps;
    const instances = grown.delete(app) ? each : each + 1;
    if (instances > each) grown.add(app);
    return ask('scale', 'PUT', `/v2/apps/resident${app}`, { instances });
  }
  const [oldest] = launched;
  if (turn === 1 && oldest !== undefined && performance.now() - oldest.at > STAYS_MS) {
    launched.shift();
    return ask('stop', 'DELETE', `/v2/apps${oldest.id}`);
  }
  const id = `/passing${changes}`;
  const app = { id, cmd: 'serve', cpus: 0.05, mem: 32, instances: 1, portDefinitions: [] };
  await ask('launch', 'POST', '/v2/apps', app);
  launched.push({ id, at: performance.now() });
};

/** So many times a second, evenly. */
const pace = async (perSecond: number, work: () => Promise<void>): Promise<void> => {
  const begun = performance.now();
  const all: Promise<void>[] = [];
  for (let nth = 0; nth < perSecond * seconds; nth++) {
    const left = begun + (nth * 1000) / perSecond - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    all.push(work());
  }
  await Promise.all(all);
};

await Promise.all([pace(changesPerSecond, change), pace(readsPerSecond, read)]);
process.stdout.write(JSON.stringify(waited));
agent.destroy();
