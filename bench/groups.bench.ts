import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from '../src/main.ts';

/**
 * A root group of many apps over HTTP: how long it takes to write it, to change one app of it and to read it, and whether a read grows with
 * history: `npm run bench -- groups --apps 1000`.
 */
const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '1000' },
    reads: { type: 'string', default: '60' },
    changes: { type: 'string', default: '40' },
    /** Versions that are added to the log between the two rounds of reads. */
    history: { type: 'string', default: '4000' },
    json: { type: 'boolean', default: false },
  },
});
const count = Number(values.apps);
const GROUPS = 20;

const dataDir = await mkdtemp(join(tmpdir(), 'wharf-bench-'));
const { url, engine, close } = await startServer({ dataDir, listen: { port: 0 }, noAuth: true, localNodes: false });

const call = async (method: string, path: string, body?: unknown): Promise<string> => {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${url}${path}`, { method, ...sent });
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 500)}`);
  return text;
};

/** Resolves when nothing is deployed any more. */
const atRest = (): Promise<void> =>
  new Promise((resolve) => {
    const { plans, deployments } = engine.views;
    const isAtRest = () => plans.running().length === 0 && deployments.running().length === 0;
    if (isAtRest()) return resolve();
    const subscription = engine.log.subscribe(engine.log.head(), () => {
      if (!isAtRest()) return;
      resolve();
      void subscription.then((open) => open.close());
    });
  });

type Spread = { readonly p50: number; readonly p99: number; readonly max: number };
const spread = (figures: readonly number[]): Spread => {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
};
const round = (ms: number): number => Math.round(ms * 10) / 10;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};
const many = async (times: number, work: (nth: number) => Promise<unknown>): Promise<Spread> => {
  const figures: number[] = [];
  for (let nth = 0; nth < times; nth++) figures.push(await timed(() => work(nth)));
  return spread(figures);
};

const appOf = (nth: number, cmd = 'serve') => ({
  id: `app${nth}`,
  cmd,
  instances: 1,
  cpus: 0.05,
  mem: 16,
  labels: { team: `team${nth % 7}`, HAPROXY_GROUP: 'external' },
  env: { NAME: `app${nth}`, LEVEL: 'info' },
});
const rootOf = (cmdOfFirst = 'serve') => ({
  id: '/',
  groups: Array.from({ length: GROUPS }, (_, group) => ({
    id: `group${group}`,
    apps: Array.from({ length: count / GROUPS }, (_, nth) => {
      const number = group * (count / GROUPS) + nth;
      return appOf(number, number === 0 ? cmdOfFirst : 'serve');
    }),
  })),
});

for (let nth = 0; nth < 10; nth++)
  await call('POST', '/v1/nodes', { id: `h${nth}`, endpoint: { kind: 'simulated', seed: nth }, attributes: {} });

const firstPut = await timed(() => call('PUT', '/v2/groups', rootOf()));
const firstRest = firstPut + (await timed(atRest));
const reads = Number(values.reads);
const readAll = async () => ({
  groups: await many(reads, () => call('GET', '/v2/groups')),
  apps: await many(reads, () => call('GET', '/v2/apps')),
  oneGroup: await many(reads, () => call('GET', '/v2/groups/group7')),
});
await many(10, () => call('GET', '/v2/groups'));
const before = await readAll();
const unchanged = await many(10, () => call('PUT', '/v2/groups', rootOf()));
const oneChanged = await many(Number(values.changes), (nth) => call('PUT', '/v2/groups?force=true', rootOf(`serve ${nth}`)));
await atRest();
const factsBefore = engine.log.head();
// Labels change in place: versions without a single container, so that only history grows.
for (let done = 0; done < Number(values.history); done += 50) {
  await Promise.all(
    Array.from({ length: 50 }, (_, nth) =>
      call('PUT', `/v2/apps/group${nth % GROUPS}/app${(nth % GROUPS) * (count / GROUPS) + Math.floor(nth / GROUPS)}?force=true`, {
        labels: { round: `${done}` },
      }),
    ),
  );
  await atRest();
}
const after = await readAll();
const bytes = (await call('GET', '/v2/groups')).length;

const result = {
  name: 'groups',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`,
  apps: count,
  bytesOfRoot: bytes,
  'PUT root, all new, ms': { answered: round(firstPut), running: round(firstRest) },
  'PUT root, nothing differs, ms': unchanged,
  'PUT root, one app differs, ms': oneChanged,
  'GET /v2/groups, ms': before.groups,
  'GET /v2/apps, ms': before.apps,
  'GET one group, ms': before.oneGroup,
  'facts added between': engine.log.head() - factsBefore,
  'GET /v2/groups after, ms': after.groups,
  'GET /v2/apps after, ms': after.apps,
  'GET one group after, ms': after.oneGroup,
  'growth of a read with history': round((100 * after.groups.p50) / before.groups.p50) / 100,
};
if (values.json) console.log(JSON.stringify(result));
else
  console.table(
    Object.fromEntries(Object.entries(result).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value])),
  );
await close();
await rm(dataDir, { recursive: true });
process.exit(0);
