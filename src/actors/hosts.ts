import { either as E, taskEither as TE } from 'fp-ts';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { keyOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Millis } from '../domain/kernel/units.ts';
import { flappingOf } from '../domain/node/flapping.ts';
import type { NodeCommand } from '../domain/node/node.commands.ts';
import type { NodeOffer, RuntimeEndpoint } from '../domain/node/node.facts.ts';
import type { HostFault, HostHint, HostOffer, HostRuntime } from '../domain/ports/hosts.ts';
import type { Views } from '../domain/ports/views.ts';
import { within } from './deadline.ts';
import type { Cause } from './envelope.ts';
import type { Debt, Effect } from './performer.ts';
import type { Reconciler } from './reconciler.ts';
import type { Tell } from './tell.ts';
import { inTurns } from './turns.ts';

export type Pace = {
  /** Between two pings of a host, ms. */
  readonly heartbeatMs: Millis;
  /** Time for one ping, ms. */
  readonly pingDeadlineMs: Millis;
  /** Pings missed in a row before a host counts as unreachable. */
  readonly missedMax: number;
  /** Between two inventories of a host, ms. */
  readonly inventoryMs: Millis;
};
/** Time for a connection to come about, however many heartbeats are missed meanwhile, ms. */
export const CONNECT_DEADLINE_MS = 30_000;
/** Hosts that are connected to and looked at for the first time at once: a whole pool attaches when an engine starts. */
export const CONNECTING_MAX = 256;
export const USUAL_PACE: Pace = { heartbeatMs: 2000, pingDeadlineMs: 1500, missedMax: 3, inventoryMs: 30_000 };

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly reconciler: Reconciler;
  readonly pace: Pace;
  open(node: string, endpoint: RuntimeEndpoint, offer: NodeOffer): Promise<HostRuntime>;
  report(): Cause;
};

type Attached = {
  host: HostRuntime | undefined;
  stop: () => void;
  /** The first comparison. */
  compared?: Promise<void>;
};

export type Hosts = {
  readonly observe: Effect;
  readonly reconcile: Effect;
  get(node: string): HostRuntime | undefined;
  close(): Promise<void>;
};

/** The runtimes of attached nodes: pinged, listened to, and compared with what we hold. Unreachable is not dead. */
export const createHosts = (ports: Ports): Hosts => {
  const { views, clock, reconciler, pace } = ports;
  const attached = new Map<string, Attached>();
  const turns = inTurns(clock, CONNECTING_MAX, pace.pingDeadlineMs);
  const say = (stream: StreamName, command: NodeCommand): void => ports.tell(stream, command, ports.report());

  const attach = ({ stream, params }: Debt): void => {
    const node = keyOf(stream);
    const offer = views.nodes.get(node)?.offer;
    if (attached.has(node) || offer === undefined) return;
    const there: Attached = { host: undefined, stop: () => {} };
    attached.set(node, there);
    const connect = async (): Promise<void> => {
      const host = await ports.open(node, params.endpoint as RuntimeEndpoint, offer);
      if (attached.get(node) !== there || there.host !== undefined) return host.close();
      there.host = host;
      const listening = host.observe((hint) => onHint(node, host, hint));
      const inventories = every(clock, pace.inventoryMs, () => reconciler.inventory(node, host));
      const heart = there.stop;
      there.stop = () => {
        listening.close();
        inventories();
        heart();
      };
      // What happened while nobody listened is seen at once.
      there.compared = reconciler.inventory(node, host);
    };
    let connecting: Promise<E.Either<HostFault, void>> | undefined;
    /** One at a time, however many wait for it. */
    const open = (): Promise<E.Either<HostFault, void>> => {
      connecting ??= within(clock, CONNECT_DEADLINE_MS, 'connect', TE.tryCatch(connect, unreachable)).finally(() => {
        connecting = undefined;
      });
      return connecting;
    };
    turns.take(async () => {
      if (attached.get(node) !== there) return;
      there.stop = startHeart(stream, there, open);
      // Tried again with every heartbeat when it fails, and counted as a missed one.
      await open();
      await there.compared;
    });
  };

  const onHint = (node: string, host: HostRuntime, hint: HostHint): void => {
    if (hint.type === 'Changed' || hint.type === 'OutOfMemory') void reconciler.inspect(node, host, hint.instance);
    if (hint.type === 'Connected') void reconciler.inventory(node, host);
  };

  const startHeart = (stream: StreamName, there: Attached, open: TaskEither<HostFault, void>): (() => void) => {
    let missed = 0;
    const ask = (what: string, call: TaskEither<HostFault, void>) => within(clock, pace.pingDeadlineMs, what, call);
    return every(clock, pace.heartbeatMs, async () => {
      const result = await (there.host === undefined ? ask('connect', open) : ask('ping', there.host.ping()));
      const isLost = views.nodes.get(keyOf(stream))?.state === 'attached.unreachable';
      if (E.isLeft(result)) {
        missed += 1;
        if (missed >= pace.missedMax && !isLost) say(stream, { type: 'ReportNodeSilent', reason: result.left.message, failures: missed });
        return;
      }
      missed = 0;
      if (isLost && there.host !== undefined) await welcome(stream, there.host);
    });
  };

  /** A host that answers again may be another size, and may run what we gave up. */
  const welcome = async (stream: StreamName, host: HostRuntime): Promise<void> => {
    const offered = await within(clock, pace.pingDeadlineMs, 'offer', host.offer());
    say(stream, { type: 'ReportNodeAnswering' });
    const row = views.nodes.get(keyOf(stream));
    const flapping = row && flappingOf(row, views.nodes.all(), clock.now());
    if (flapping !== undefined) say(stream, { type: 'ReportNodeFlapping', ...flapping });
    const known = views.nodes.get(keyOf(stream))?.offer;
    if (E.isRight(offered) && known !== undefined)
      say(stream, { type: 'ReportNodeOffer', offer: offerOf(offered.right, known), warnings: offered.right.warnings });
  };

  const detach = async (node: string): Promise<void> => {
    const there = attached.get(node);
    attached.delete(node);
    there?.stop();
    await there?.host?.close();
  };

  return {
    observe: { perform: attach, release: ({ stream }) => void detach(keyOf(stream)) },
    reconcile: {
      perform: ({ stream }) => {
        const there = attached.get(keyOf(stream));
        if (there?.host !== undefined) void reconciler.inventory(keyOf(stream), there.host);
      },
    },
    get: (node) => attached.get(node)?.host,
    close: async () => {
      turns.close();
      await Promise.all([...attached.keys()].map(detach));
    },
  };
};

const unreachable = (error: unknown): HostFault => ({
  _tag: 'HostUnreachable',
  message: error instanceof Error ? error.message : String(error),
});

/** What a host says of itself, with the port ranges that the operator gave it. Name and address stay as registered. */
const offerOf = ({ cpus, mem, disk, gpus }: HostOffer, { hostname, address, portRanges }: NodeOffer): NodeOffer => ({
  hostname,
  address,
  cpus,
  mem,
  disk,
  gpus,
  portRanges,
});

/** Calls again `ms` after the last call has ended; never two at once. */
const every = (clock: Clock, ms: Millis, task: () => Promise<void>): (() => void) => {
  let stopped = false;
  let cancel = () => {};
  const next = () => {
    if (!stopped) cancel = clock.schedule(ms, () => void task().finally(next));
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
};
