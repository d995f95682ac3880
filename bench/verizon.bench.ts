import { mkdtemp, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { either as E } from 'fp-ts';
import { startEngine } from '../src/actors/engine.ts';
import { systemClock } from '../src/adapters/clock/systemClock.ts';
import { simulatedHosts } from '../src/adapters/hosts/simulated/simulatedHosts.ts';
import { randomIds } from '../src/adapters/ids/randomIds.ts';
import { memoryKeys, sealerOf } from '../src/adapters/keys/sealer.ts';
import { openSqliteLog } from '../src/adapters/log/sqlite/sqliteLog.ts';
import { parseApp } from '../src/domain/app/definition/parse.ts';
import { streamOf } from '../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../src/domain/node/node.commands.ts';
import { createViews } from '../src/projections/views.ts';

const APPS = 4;

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '5000' },
    hosts: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const instances = Number(values.instances);
const hosts = Number(values.hosts);

type Run = {
  readonly wallSeconds: number;
  readonly mainSeconds: number;
  readonly cpuSeconds: number;
  readonly logThreadSeconds: number;
  readonly facts: number;
  readonly bytes: number;
  readonly rss: number;
};

/** Apps of equal size on simulated hosts, each by a rolling deployment, until every instance is running, on disk and in the views. */
const run = async (): Promise<Run> => {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-bench-'));
  const path = join(dir, 'log.sqlite');
  const log = await openSqliteLog({ path });
  const clock = systemClock();
  const ids = randomIds();
  const simulated = simulatedHosts({ seed: 1, clock });
  const views = createViews();
  const engine = await startEngine({
    log,
    clock,
    ids,
    sealer: sealerOf(memoryKeys()),
    views,
    probe: async () => ({ _tag: 'Succeeded' }),
    holder: 'bench',
    openHost: async (node, _endpoint, { portRanges: _, ...offer }) => simulated.host(node, offer),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'simulated' }),
  });
  const submit = (stream: string, command: { type: string }) => engine.submit(stream, command, { id: ids.next(), by: 'bench', body: {} });
  await Promise.all(
    Array.from({ length: hosts }, (_, nth) => {
      const offer = {
        hostname: `h${nth}`,
        address: '127.0.0.1',
        cpus: 64,
        mem: 262_144,
        disk: 1_000_000,
        gpus: 0,
        portRanges: [[31_000, 32_000]] as const,
      };
      const command: NodeCommand = {
        type: 'RegisterNode',
        endpoint: { kind: 'simulated', seed: 1 },
        offer,
        attributes: {},
        roles: ['*'],
        warnings: [],
      };
      return submit(streamOf('node', `h${nth}`), command);
    }),
  );
  const factsBefore = log.head();
  const sizeBefore = (await stat(path)).size;
  const cpuBefore = process.cpuUsage();
  const mainBefore = process.threadCpuUsage();
  const threadBefore = log.stats().logThreadCpuMicros;
  const begun = performance.now();
  const each = Math.ceil(instances / APPS);
  await Promise.all(
    Array.from({ length: APPS }, async (_, nth) => {
      const parsed = parseApp({ id: `/app${nth}`, cmd: 'sleep 1000', cpus: 0.1, mem: 32, instances: each });
      if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
      await submit(streamOf('app', `/app${nth}`), {
        type: 'DeployApp',
        definition: parsed.right,
        deployment: ids.next(),
        mode: 'create',
        force: false,
        reason: 'create',
      } as never);
    }),
  );
  const isDone = () => [...views.apps.all()].every(({ deployment }) => deployment === undefined);
  await new Promise<void>((resolve) => {
    void log.subscribe(log.head(), (batch) => {
      if (batch.some(({ type }) => type.startsWith('DeploymentEnded')) && isDone()) resolve();
    });
  });
  const wallSeconds = (performance.now() - begun) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const main = process.threadCpuUsage(mainBefore);
  const running = [...views.instances.all()].filter(({ state }) => state.startsWith('running')).length;
  if (running !== each * APPS) throw new Error(`${running} of ${each * APPS} run`);
  const facts = log.head() - factsBefore;
  const logThreadSeconds = (log.stats().logThreadCpuMicros - threadBefore) / 1e6;
  const rss = process.memoryUsage().rss;
  await engine.stop();
  await log.close();
  const bytes = (await stat(path)).size - sizeBefore;
  await rm(dir, { recursive: true });
  return {
    wallSeconds,
    mainSeconds: (main.user + main.system) / 1e6,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    logThreadSeconds,
    facts,
    bytes,
    rss,
  };
};

const spread = (figures: readonly number[]) => {
  const sorted = figures.toSorted((a, b) => a - b);
  return { min: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, max: sorted.at(-1) ?? 0 };
};

const runs: Run[] = [];
for (let nth = 0; nth < Number(values.runs); nth++) runs.push(await run());
const of = (pick: (run: Run) => number) => spread(runs.map(pick));
const result = {
  name: 'verizon',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`,
  runs: runs.length,
  instances,
  hosts,
  wallSeconds: of(({ wallSeconds }) => wallSeconds),
  instancesPerSecond: of(({ wallSeconds }) => instances / wallSeconds),
  cpuSeconds: {
    process: of(({ cpuSeconds }) => cpuSeconds),
    mainThread: of(({ mainSeconds }) => mainSeconds),
    logThread: of(({ logThreadSeconds }) => logThreadSeconds),
  },
  mainMicrosPerInstance: of(({ mainSeconds }) => (mainSeconds * 1e6) / instances),
  factsPerInstance: of(({ facts }) => facts / instances),
  bytesPerInstance: of(({ bytes }) => bytes / instances),
  peakRssBytes: of(({ rss }) => rss),
};
if (values.json) console.log(JSON.stringify(result));
else
  console.table(
    Object.fromEntries(Object.entries(result).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value])),
  );
process.exit(0);
