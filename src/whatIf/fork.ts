import { either as E } from 'fp-ts';
import { type EngineOptions, type RunningEngine, startEngine } from '../actors/engine.ts';
import type { Pace } from '../actors/hosts.ts';
import { type SimulatedClock, simulatedClock } from '../adapters/clock/simulatedClock.ts';
import { memberSpecs } from '../adapters/hosts/members.ts';
import { withPods } from '../adapters/hosts/pods/withPods.ts';
import type { SimulatedControls } from '../adapters/hosts/simulated/controls.ts';
import type { SimulationProfile } from '../adapters/hosts/simulated/profile.ts';
import { simulatedHosts } from '../adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../adapters/ids/seededIds.ts';
import { type OverlayLog, overlayLog } from '../adapters/log/overlay/overlayLog.ts';
import { instanceSpecOf } from '../domain/app/instanceSpec.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Instant } from '../domain/kernel/units.ts';
import type { NodeOffer } from '../domain/node/node.facts.ts';
import type { HostRuntime, RunSpec } from '../domain/ports/hosts.ts';
import type { GrowingViews, Past, PastLog } from '../domain/ports/past.ts';
import type { InstanceRow, NodeRow } from '../domain/ports/views.ts';
import { createViews } from '../projections/views.ts';
import { modelBalancer } from '../rehearsal/traffic.ts';
import { readStrategy } from '../strategyFiles.ts';
import { answeringProbe } from './probe.ts';

/** Often enough for a sandbox, and seldom enough that hours of it pass in seconds. */
export const UNHURRIED: Pace = { heartbeatMs: 600_000, pingDeadlineMs: 4_000, missedMax: 3, inventoryMs: 3_600_000 };

type LiveViews = GrowingViews;

export type ForkOptions = {
  readonly seed?: number;
  readonly profile?: Partial<SimulationProfile>;
  /** The sandbox's clock stands here at first; at the last fact's time unless told. Never before it. */
  readonly at?: Instant;
  readonly pace?: Pace;
  /** Views that have read up to the position, for this sandbox alone; folded from the past where absent. */
  readonly views?: LiveViews;
  /** Stands around each simulated host. */
  readonly around?: (node: string, host: HostRuntime, clock: Clock) => HostRuntime;
} & Pick<EngineOptions, 'placement' | 'isTold' | 'gateSources'>;

/** An engine that goes on from a moment of the past, alone: its hosts, its clock and what it writes are in this process and nowhere else. */
export type Fork = {
  readonly clock: SimulatedClock;
  readonly log: OverlayLog;
  readonly engine: RunningEngine;
  /** Position up to which the past is what was recorded. */
  readonly position: number;
  /** What was appended since. */
  tail(): readonly Recorded[];
  /** @throws Error for a host that is not in the pool. */
  controls(node: string): SimulatedControls;
  /** Lets everything happen that comes without time passing. */
  settle(): Promise<void>;
  close(): Promise<void>;
};

/** Nothing leaves this process, so nothing needs to be sealed; what cannot be opened stays as it was read. */
export const openSealer: Sealer = { seal: (subject, plain) => ({ $sealed: plain, key: subject }), open: ({ $sealed }) => $sealed };

export const foldedViews = (past: Pick<PastLog, 'between'> & Pick<Partial<Past>, 'growing'>, position: number): LiveViews => {
  // Where nothing was kept of the log there is nothing to be quicker by.
  if (past.growing !== undefined) return past.growing(position);
  const views = createViews();
  let batch: Recorded[] = [];
  for (const recorded of past.between(0, position)) {
    batch.push(recorded);
    if (batch.length < FOLDED_AT_ONCE) continue;
    views.take(batch);
    batch = [];
  }
  views.take(batch);
  return views;
};
const FOLDED_AT_ONCE = 5_000;

/** Turns of the event loop in which an engine starts without time passing; behind it what it waits for comes with the time. */
const TURNS_MAX = 10_000;

/** Starts an engine on what was recorded up to a position. Hosts run already what ran there, so that it finds nothing to report. */
export const forkAt = async (past: PastLog, position: number, options: ForkOptions = {}): Promise<Fork> => {
  const { seed = 1, profile, around = (_, host) => host } = options;
  const last = past.fact(position)?.meta.at ?? 0;
  const clock = simulatedClock(Math.max(options.at ?? last, last));
  const log = overlayLog(past, position);
  const views = options.views ?? foldedViews(past, position);
  const simulated = simulatedHosts({ seed, clock, ...(profile !== undefined && { profile }) });
  const offers = new Map<string, NodeOffer>();
  const hostOf = (node: string): HostRuntime & SimulatedControls => {
    const offer = views.nodes.get(node)?.offer ?? offers.get(node);
    if (offer === undefined) throw new Error(`no node '${node}' in the sandbox`);
    offers.set(node, offer);
    return simulated.host(node, offer);
  };
  for (const row of views.nodes.all()) peopled(row, hostOf(row.id), views, options.isTold === true);

  let running: RunningEngine | undefined;
  const started = startEngine({
    log,
    clock,
    ids: seededIds(seed),
    sealer: openSealer,
    views,
    probe: answeringProbe(() => running, hostOf),
    holder: `sandbox at position ${position}`,
    pace: options.pace ?? UNHURRIED,
    readStrategy,
    balancers: [modelBalancer(clock)],
    gateSources: options.gateSources ?? {
      http: async () => ({ _tag: 'Answered', status: 200 }),
      prometheus: async () => ({ _tag: 'Value', value: 0, at: clock.now() }),
    },
    ...(options.placement !== undefined && { placement: options.placement }),
    ...(options.isTold !== undefined && { isTold: options.isTold }),
    openHost: async (node) => withPods(around(node, hostOf(node), clock), clock),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'a sandbox has no hosts to ask' }),
  });
  const settle = (): Promise<void> => clock.advanceSettling(clock.now());
  let isThere = false;
  void started.finally(() => {
    isThere = true;
  });
  for (let turns = 0; !isThere; turns++) await (turns < TURNS_MAX ? settle() : clock.advanceSettling(clock.now() + 10));
  const engine = await started;
  running = engine;
  await settle();
  return {
    clock,
    log,
    engine,
    position,
    tail: () => log.tail.map((stored) => engine.decode(stored)),
    controls: hostOf,
    settle,
    close: engine.stop,
  };
};

/** What the log says that runs on a node runs on the simulated one. */
const peopled = (node: NodeRow, host: SimulatedControls, views: LiveViews, isTold: boolean): void => {
  for (const row of views.instances.onNode(node.id)) {
    const spec = row.containerId === undefined ? undefined : specOf(row, node, views);
    if (spec !== undefined) inhabit(host, isTold ? { ...spec, command: SERVES } : spec, row);
  }
  if (node.state === 'attached.unreachable') host.partition();
};

/** Runs until it is stopped: where ends are told, no command is understood. */
export const SERVES = { shell: 'exec serve' } as const;

const specOf = (row: InstanceRow, { offer: { hostname, address } }: NodeRow, { apps }: LiveViews): RunSpec | undefined => {
  const definition = apps.definition(row.app, row.version);
  if (definition === undefined) return undefined;
  const { id: instance, version, slot, hostPorts } = row;
  return instanceSpecOf(definition, { instance, version, slot, node: { hostname, address }, hostPorts });
};

const inhabit = (host: SimulatedControls, spec: RunSpec, row: InstanceRow): void => {
  const { containerId: id = '', startedAt = row.since, ipAddresses, containers } = row;
  host.adopt(spec, { id, startedAt, ipAddresses });
  const ended = new Map(containers?.flatMap(({ name, exit }) => (exit === undefined ? [] : [[name, exit]])));
  const ids = new Map(containers?.map((each) => [each.name, each.id]));
  for (const [nth, member] of memberSpecs(spec).entries()) {
    const name = spec.containers?.[nth]?.name ?? '';
    // One that was not created yet when its pod was reported is created by whoever starts the pod.
    if (containers !== undefined && !ids.has(name)) continue;
    host.adopt(member, { id: ids.get(name) ?? member.instance, startedAt, ipAddresses });
    const exit = ended.get(name);
    if (exit !== undefined) host.crash(member.instance, exit);
  }
};
