/**
 * Clients of an API, in a process of their own: changes and reads, each at its own time whether or not those before it were answered. Says what
 * they waited, by kind, and what is to be there now, as one line of JSON.
 *   node clients.ts <url> <seconds> <changes/s> <reads/s> <apps> <instances of each> <hosts>
 */
import { Agent, request } from 'node:http';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';

export type Kind = 'app' | 'tasks' | 'apps' | 'deployments' | 'queue' | 'instances' | 'node' | 'launch' | 'stop' | 'scale';
export type Waited = { readonly kind: Kind; readonly ms: number; readonly status: number; readonly bytes: number };

/** At the end: which apps are to have one instance more than at first, and which that were launched are to be there. */
export type Said = { readonly waited: readonly Waited[]; readonly grown: readonly number[]; readonly launched: readonly string[] };

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
/** Connections at once; more requests than that wait for one, and that counts. */
const CONNECTIONS = 256;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const waited: Waited[] = [];

const ask = (kind: Kind, method: string, path: string, body?: unknown): Promise<number> => {
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
        answer.on('error', (error) => reject(new Error(`${method} ${path}, answered ${answer.statusCode}: ${error.message}`)));
        answer.on('end', () => {
          waited.push({ kind, ms: performance.now() - begun, status: answer.statusCode ?? 0, bytes });
          resolve(answer.statusCode ?? 0);
        });
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection that the server closed at that moment: whoever keeps connections asks again.
      if (asked.reusedSocket && error.code === 'ECONNRESET') ask(kind, method, path, body).then(resolve, reject);
      else reject(new Error(`${method} ${path} after ${Math.round(performance.now() - begun)} ms: ${error.message}`));
    });
    asked.end(text);
  });
};

const read = (): Promise<unknown> => {
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
    const instances = grown.has(app) ? each : each + 1;
    const status = await ask('scale', 'PUT', `/v2/apps/resident${app}`, { instances });
    if (status < 400 && instances > each) grown.add(app);
    else if (status < 400) grown.delete(app);
    return;
  }
  const [oldest] = launched;
  if (turn === 1 && oldest !== undefined && performance.now() - oldest.at > STAYS_MS) {
    launched.shift();
    if ((await ask('stop', 'DELETE', `/v2/apps${oldest.id}`)) >= 400) launched.push({ ...oldest, at: performance.now() });
    return;
  }
  const id = `/passing${changes}`;
  const app = { id, cmd: 'serve', cpus: 0.05, mem: 32, instances: 1, portDefinitions: [] };
  if ((await ask('launch', 'POST', '/v2/apps', app)) < 400) launched.push({ id, at: performance.now() });
};

/** So many times a second, evenly. */
const pace = async (perSecond: number, work: () => Promise<unknown>): Promise<void> => {
  const begun = performance.now();
  const all: Promise<unknown>[] = [];
  for (let nth = 0; nth < perSecond * seconds; nth++) {
    const left = begun + (nth * 1000) / perSecond - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    all.push(work());
  }
  await Promise.all(all);
};

await Promise.all([pace(changesPerSecond, change), pace(readsPerSecond, read)]);
const said: Said = { waited, grown: [...grown], launched: launched.map(({ id }) => id) };
process.stdout.write(JSON.stringify(said));
agent.destroy();
