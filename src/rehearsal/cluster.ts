import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from '../actors/engine.ts';
import { type SimulatedClock, simulatedClock } from '../adapters/clock/simulatedClock.ts';
import { withPods } from '../adapters/hosts/pods/withPods.ts';
import type { SimulatedControls } from '../adapters/hosts/simulated/controls.ts';
import type { SimulationProfile } from '../adapters/hosts/simulated/profile.ts';
import { type SimulatedOffer, simulatedHosts } from '../adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../adapters/ids/seededIds.ts';
import { memoryLog } from '../adapters/log/memory/memoryLog.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { Command } from '../domain/kernel/decider.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { EventLog } from '../domain/kernel/ports.ts';
import type { Refusal } from '../domain/kernel/refusal.ts';
import { NODE } from '../domain/node/node.facts.ts';
import type { Accepted } from '../domain/ports/engine.ts';
import type { Probe } from '../domain/ports/probes.ts';
import { createViews } from '../projections/views.ts';
import { readStrategy } from '../strategyFiles.ts';
import { modelBalancer } from './traffic.ts';

/** Monday morning, long from now. */
const START = Date.UTC(2030, 0, 7, 9);
const PACE = { heartbeatMs: 10_000, pingDeadlineMs: 4_000, missedMax: 3, inventoryMs: 60_000 };

/** What one host of a rehearsal has; so much that it is the strategy which is tried, not the room. */
const OFFER = { cpus: 64, mem: 262_144, disk: 4_194_304, gpus: 16 } as const;

export type Cluster = {
  readonly clock: SimulatedClock;
  readonly log: EventLog;
  readonly nodes: readonly string[];
  engine(): RunningEngine;
  controls(node: string): SimulatedControls;
  submit(stream: StreamName, command: Command): Promise<E.Either<Refusal, Accepted>>;
  nextId(): string;
  /** The engine ends, and another one goes on from the log. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** Nothing leaves this process, so nothing needs to be sealed. */
const openSealer: Sealer = { seal: (subject, plain) => ({ $sealed: plain, key: subject }), open: ({ $sealed }) => $sealed };

export const openCluster = async (hosts: number, seed: number, profile: Partial<SimulationProfile>): Promise<Cluster> => {
  const clock = simulatedClock(START);
  const log = memoryLog();
  const ids = seededIds(seed);
  const simulated = simulatedHosts({ seed, clock, profile });
  const nodes = Array.from({ length: hosts }, (_, nth) => `host-${String(nth + 1).padStart(String(hosts).length, '0')}`);
  const offerOf = (node: string): SimulatedOffer => ({
    ...OFFER,
    hostname: node,
    address: `10.0.${nodes.indexOf(node) >> 8}.${(nodes.indexOf(node) & 255) + 1}`,
  });
  const controls = (node: string): SimulatedControls => simulated.host(node, offerOf(node));
  let running: RunningEngine | undefined;

  /** A port answers while its instance runs there. */
  const probe: Probe = async (target) => {
    if (target.kind === 'command') return { _tag: 'Succeeded' };
    for (const row of running?.views.instances.all() ?? []) {
      if (row.node === undefined || offerOf(row.node).address !== target.address || !row.hostPorts.includes(target.port)) continue;
      const seen = await simulated.host(row.node, offerOf(row.node)).inspect(row.id)();
      if (E.isRight(seen) && seen.right?.status === 'running')
        return target.kind === 'http' ? { _tag: 'Answered', status: 200, contentType: 'text/plain', body: 'ok' } : { _tag: 'Succeeded' };
    }
    return { _tag: 'Failed', cause: 'no answer' };
  };

  const start = async (): Promise<void> => {
    const started = startEngine({
      log,
      clock,
      ids,
      sealer: openSealer,
      views: createViews(),
      probe,
      holder: `rehearsal at ${clock.now()}`,
      pace: PACE,
      remainsKeptMs: 60_000,
      readStrategy,
      balancers: [modelBalancer(clock)],
      gateSources: {
        http: async () => ({ _tag: 'Answered', status: 200 }),
        prometheus: async () => ({ _tag: 'Value', value: 0, at: clock.now() }),
      },
      openHost: async (node) => withPods(simulated.host(node, offerOf(node)), clock),
      probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'a rehearsal has no hosts to ask' }),
    });
    // What it waits for on the way comes with the time.
    let isThere = false;
    void started.finally(() => {
      isThere = true;
    });
    while (!isThere) await clock.advanceSettling(clock.now() + 10);
    running = await started;
  };
  const engine = (): RunningEngine => {
    if (running === undefined) throw new Error('no engine runs');
    return running;
  };
  const submit: Cluster['submit'] = async (stream, command) => {
    const asked = engine().submit(stream, command, { id: ids.next(), by: 'rehearsal', body: { type: command.type } });
    await clock.advanceSettling(clock.now());
    return asked;
  };
  await start();
  for (const [nth, node] of nodes.entries()) {
    const { hostname, address, ...amounts } = offerOf(node);
    const command = {
      type: 'RegisterNode',
      endpoint: { kind: 'simulated', seed },
      offer: { ...amounts, hostname, address, portRanges: [[1_025, 65_535]] },
      attributes: { rack: `rack-${(nth % 4) + 1}` },
      roles: ['*'],
      zone: `zone-${(nth % 3) + 1}`,
      warnings: [],
    };
    await submit(`${NODE}-${node}`, command);
  }
  return {
    clock,
    log,
    nodes,
    engine,
    controls,
    submit,
    nextId: ids.next,
    restart: async () => {
      const ended = engine().stop();
      await clock.advanceSettling(clock.now() + 2_000);
      await ended;
      await start();
    },
    close: async () => {
      await engine().stop();
    },
  };
};
