import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from '../../src/actors/engine.ts';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { randomIds } from '../../src/adapters/ids/randomIds.ts';
import { memoryKeys, sealerOf } from '../../src/adapters/keys/sealer.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import { createViews } from '../../src/projections/views.ts';
import { hurriedClock } from './hurriedClock.ts';

const NODES = 1_000;
/** How many apps there are of each size, by instances: 110,000 in all. */
const SIZES = [
  { apps: 1_500, instances: 20 },
  { apps: 400, instances: 100 },
  { apps: 100, instances: 400 },
];
/** Deployments that are under way at once. */
const AT_ONCE = 60;
/** How much quicker than the machine's own the cluster's clock goes. */
const HURRY = 120;
const START = Date.UTC(2030, 0, 7);
const PACE = { heartbeatMs: 300_000, pingDeadlineMs: 60_000, missedMax: 3, inventoryMs: 3_600_000 };

export type Told = { readonly facts: number; readonly live: number; readonly bytesPerFact?: number };

/**
 * Makes a log by letting the real engine rule simulated hosts: apps come, are changed, scaled and restarted, instances crash and hosts are
 * lost, until the log has so many facts.
 */
export const liveUntil = async (path: string, facts: number, tell: (told: Told) => void): Promise<void> => {
  const random = seededRandom(7);
  const log = await openSqliteLog({ path, synchronous: 'OFF' });
  const clock = hurriedClock(START, HURRY);
  const ids = randomIds();
  const hosts = simulatedHosts({ seed: 7, clock, profile: { startMs: [200, 4_000], stopMs: [100, 2_000] } });
  const views = createViews();
  const engine = await startEngine({
    log,
    clock,
    ids,
    sealer: sealerOf(memoryKeys()),
    views,
    probe: async () => ({ _tag: 'Succeeded' }),
    holder: 'bench',
    pace: PACE,
    remainsKeptMs: 60_000,
    openHost: async (node, _endpoint, { portRanges: _, ...offer }) => hosts.host(node, offer),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'simulated' }),
  });
  const pick = <A>(all: readonly A[]): A => all[Math.floor(random() * all.length)] as A;
  const submit = (stream: string, command: { readonly type: string }) =>
    engine.submit(stream, command as never, { id: ids.next(), by: pick(['ana', 'ben', 'ci']), body: { type: command.type } });
  await Promise.all(Array.from({ length: NODES }, (_, nth) => submit(streamOf('node', nodeName(nth)), nodeCommand(nth))));

  const apps = SIZES.flatMap(({ apps: count, instances }) => Array.from({ length: count }, () => instances)).map((instances, nth) => ({
    id: `/team${nth % 40}/app${nth}`,
    instances,
    revision: 0,
  }));
  const deploy = (app: (typeof apps)[number], mode: 'create' | 'replace') => {
    const parsed = parseApp({
      id: app.id,
      cmd: 'serve',
      cpus: 0.1,
      mem: 64,
      instances: app.instances,
      env: { REVISION: String(app.revision) },
      labels: { team: `team${app.revision % 7}` },
      upgradeStrategy: { minimumHealthCapacity: 0.8, maximumOverCapacity: 0.2 },
    });
    if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
    return submit(streamOf('app', app.id), {
      type: 'DeployApp',
      definition: parsed.right,
      deployment: ids.next(),
      mode,
      force: false,
      reason: mode === 'create' ? 'create' : 'change',
    } as never);
  };
  const waiting = [...apps];
  let under = 0;
  let isOver = false;
  let wake = (): void => {};
  const next = async (): Promise<void> => {
    const fresh = waiting.shift();
    if (fresh !== undefined) {
      await deploy(fresh, 'create');
      return;
    }
    const app = pick(apps);
    const deed = random();
    if (deed < 0.05) {
      const row = pick(views.instances.ofApp(app.id));
      if (row?.node !== undefined) hosts.host(row.node, offerOf(row.node)).crash(row.id);
    } else if (deed < 0.052) loseAWhile(engine, hosts.host(nodeName(Math.floor(random() * NODES)), offerOf('n')), clock);
    app.revision += deed < 0.9 ? 1 : 0;
    if (deed >= 0.9) app.instances = Math.max(5, Math.round(app.instances * (0.8 + random() * 0.4)));
    await deploy(app, 'replace');
  };
  const subscription = await log.subscribe(log.head(), (batch) => {
    for (const { type } of batch) {
      if (type.startsWith('DeploymentBegan')) under++;
      if (type.startsWith('DeploymentEnded')) under--;
    }
    wake();
  });
  let told = 0;
  while (!isOver) {
    const room = AT_ONCE - under;
    if (room > 0) await Promise.all(Array.from({ length: Math.min(room, 8) }, next));
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    if (log.head() - told >= 50_000) {
      told = log.head();
      tell({ facts: told, live: liveOf(views) });
    }
    isOver = log.head() >= facts;
  }
  await subscription.close();
  await engine.stop();
  await log.close();
};

const nodeName = (nth: number): string => `h${String(nth).padStart(4, '0')}`;
const liveOf = (views: ReturnType<typeof createViews>): number => {
  let live = 0;
  for (const { state } of views.instances.all()) if (state.startsWith('running')) live++;
  return live;
};
const offerOf = (node: string) => ({ hostname: node, address: '127.0.0.1', cpus: 64, mem: 262_144, disk: 1_000_000, gpus: 0 });
const nodeCommand = (nth: number) =>
  ({
    type: 'RegisterNode',
    endpoint: { kind: 'simulated', seed: 7 },
    offer: { ...offerOf(nodeName(nth)), portRanges: [[31_000, 33_000]] },
    attributes: { rack: `r${nth % 20}` },
    roles: ['*'],
    warnings: [],
  }) as const;

/** A host that cannot be reached for ten of its minutes. */
const loseAWhile = (_: RunningEngine, host: { partition(): void; heal(): void }, clock: ReturnType<typeof hurriedClock>): void => {
  host.partition();
  clock.schedule(600_000, () => host.heal());
};
