/**
 * Time until N containers run on one real Docker Engine: through our engine, from the request to deploy until every fact is on disk and
 * in the views, beside a bare dockerode loop (create, start) with the same options at the best of several concurrencies. A Docker Engine
 * of its own is started for it; image and options are the same on both sides, in bridge networking without ports. Sides take turns.
 *   node bench/launch.bench.ts [--json] [--n 100] [--rounds 3] [--concurrency 8,16,32]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { either as E } from 'fp-ts';
import { importBusybox } from '../src/adapters/hosts/docker/busyboxImage.ts';
import { connect } from '../src/adapters/hosts/docker/connections.ts';
import { createOptionsOf } from '../src/adapters/hosts/docker/containerCalls.ts';
import { LABEL } from '../src/adapters/hosts/docker/labels.ts';
import { parseApp } from '../src/domain/app/definition/parse.ts';
import { runSpecOf } from '../src/domain/app/definition/runSpec.ts';
import { startServer } from '../src/main.ts';
import { apiOf, eventually } from '../test/support/api.ts';
import { ensureDocker } from '../test/support/docker.ts';

const EXPECTED_RATIO = 1.15;
const IMAGE = 'wharf/busybox:bench';
const REMOVALS_AT_ONCE = 8;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    n: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '8,16,32' },
  },
});
const n = Number(values.n);
const concurrencies = values.concurrency.split(',').map(Number);

const docker = await ensureDocker();
if ('unavailable' in docker) {
  console.error(docker.unavailable);
  process.exit(1);
}
const connections = connect({ unix: docker.socket });
const { calls } = connections;
await importBusybox(calls, { tag: IMAGE });

const definition = {
  id: '/launch',
  args: ['sleep', '100000'],
  instances: n,
  cpus: 0.01,
  mem: 16,
  container: { type: 'DOCKER', docker: { image: IMAGE }, portMappings: [] },
  networks: [{ mode: 'container/bridge' }],
  taskKillGracePeriodSeconds: 0,
};

/** @param most how many at a time. */
const inParallel = async <A>(items: readonly A[], most: number, work: (item: A) => Promise<unknown>): Promise<void> => {
  const left = [...items];
  await Promise.all(
    Array.from({ length: most }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
};

const removeAll = async (): Promise<void> => {
  const there = await calls.listContainers({ all: true, filters: { label: [LABEL.instance] } });
  await inParallel(there, REMOVALS_AT_ONCE, ({ Id }) => calls.getContainer(Id).remove({ force: true, v: true }));
};

const seconds = async (work: () => Promise<void>): Promise<number> => {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
};

const running = async (): Promise<number> => (await calls.listContainers({ filters: { label: [LABEL.instance] } })).length;

let launches = 0;
const bare = async (concurrency: number): Promise<number> => {
  const parsed = parseApp(definition);
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  const node = { hostname: 'bench', address: '127.0.0.1' };
  const options = Array.from({ length: n }, (_, slot) => {
    const instance = `bare-${++launches}`;
    const made = createOptionsOf(runSpecOf(parsed.right, { instance, version: 'v1', slot, node, hostPorts: [] }), 'bare');
    if (E.isLeft(made)) throw new Error(made.left.message);
    return made.right;
  });
  const took = await seconds(() => inParallel(options, concurrency, async (each) => (await calls.createContainer(each)).start()));
  if ((await running()) !== n) throw new Error('not all of the bare ones run');
  await removeAll();
  return took;
};

const dataDir = await mkdtemp(join(tmpdir(), 'wharf-launch-'));
const server = await startServer({ dataDir, listen: { port: 0 }, localNodes: false });
const api = apiOf(server.url, (await readFile(server.tokenFile, 'utf8')).trim());
const offer = { hostname: 'bench', address: '127.0.0.1', cpus: 1000, mem: 1_000_000, disk: 0, gpus: 0, portRanges: [] };
await api.ask('POST', '/v1/nodes', { id: 'bench', endpoint: { kind: 'docker', socket: docker.socket }, offer });

const ours = async (): Promise<number> => {
  const { engine, log } = server;
  const ended = Promise.withResolvers<void>();
  const subscription = await log.subscribe(log.head(), (batch) => {
    if (batch.some(({ type }) => type.startsWith('DeploymentEnded.'))) ended.resolve();
  });
  const took = await seconds(async () => {
    await api.ask('POST', '/v2/apps', definition);
    await ended.promise;
    while (engine.views.position() < log.head()) await new Promise((resolve) => setImmediate(resolve));
  });
  await subscription.close();
  const ready = engine.views.instances.ofApp('/launch').filter(({ state }) => state === 'running.unchecked').length;
  if (ready !== n || (await running()) !== n) throw new Error(`${ready} of ours run`);
  await api.ask('DELETE', '/v2/apps/launch');
  await eventually(api, 'gone', async () => (engine.views.apps.get('/launch') === undefined ? true : undefined), 300_000);
  await removeAll();
  return took;
};

type Spread = { readonly min: number; readonly median: number; readonly max: number };
const spread = (figures: readonly number[]): Spread => {
  const sorted = figures.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, max: sorted.at(-1) ?? 0 };
};

const oursTook: number[] = [];
const bareTook = new Map<number, number[]>(concurrencies.map((each) => [each, []]));
try {
  // The engine's first containers cost more than all later ones, whoever asks for them.
  await bare(concurrencies[0] ?? 1);
  for (let round = 0; round < Number(values.rounds); round++) {
    oursTook.push(await ours());
    for (const concurrency of concurrencies) bareTook.get(concurrency)?.push(await bare(concurrency));
  }
} finally {
  await server.close();
  connections.close();
  await docker.stop();
  await rm(dataDir, { recursive: true, force: true });
}

const bareSpreads = [...bareTook].map(([concurrency, took]) => ({ concurrency, seconds: spread(took) }));
const best = bareSpreads.reduce((a, b) => (b.seconds.median < a.seconds.median ? b : a));
const wharfinger = spread(oursTook);
const result = {
  name: 'launch',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`,
  loadAverage: loadavg()[0],
  n,
  rounds: oursTook.length,
  wharfinger,
  bare: bareSpreads,
  bestConcurrency: best.concurrency,
  ratio: wharfinger.median / best.seconds.median,
  expectedRatio: EXPECTED_RATIO,
};
if (values.json) console.log(JSON.stringify(result));
else {
  const row = (who: string, { min, median, max }: Spread) => ({ who, min: min.toFixed(2), median: median.toFixed(2), max: max.toFixed(2) });
  console.log(`${n} containers on one Docker Engine, seconds, ${result.rounds} rounds (${result.machine})`);
  console.table([
    row('wharfinger', wharfinger),
    ...bareSpreads.map(({ concurrency, seconds }) => row(`bare, ${concurrency} at once`, seconds)),
  ]);
  console.log(`ratio to the best bare loop (${best.concurrency} at once): ${result.ratio.toFixed(2)} (expected ≤ ${EXPECTED_RATIO})`);
}
process.exit(0);
