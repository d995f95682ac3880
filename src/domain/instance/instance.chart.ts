import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import type { Gang, InstanceFact, InstanceFactOf } from './instance.facts.ts';

export type InstanceContext = {
  readonly app: string;
  readonly version: string;
  readonly slot: number;
  readonly attempt: number;
  readonly gated: boolean;
  readonly delayMs: number;
  /** Until it has been placed once: afterwards it is placed by itself. */
  readonly gang: Gang | undefined;
  /** Why no node takes it, as last recorded. */
  readonly deferred: Omit<InstanceFactOf<'PlacementDeferred'>, 'type'> | undefined;
  /** Who leaves the node on which its place is held, while it is. */
  readonly victims: readonly Victim[];
  /** For which they leave. */
  readonly priority: number;
  readonly node: string;
  readonly hostPorts: readonly number[];
  /** Of a pod: containers that have ended while the others went on. */
  readonly ended: readonly string[];
  readonly signal: string;
  readonly killAt: number;
  readonly inactiveAfterMs: number;
  readonly expungeAfterMs: number;
};

const NOBODY_LEAVES: readonly Victim[] = [];
export type Victim = InstanceFactOf<'InstanceNominated'>['victims'][number];

const nobody: InstanceContext = {
  app: '',
  version: '',
  slot: 0,
  attempt: 0,
  gated: false,
  delayMs: 0,
  gang: undefined,
  deferred: undefined,
  victims: [],
  priority: 0,
  node: '',
  hostPorts: [],
  ended: [],
  signal: 'SIGTERM',
  killAt: 0,
  inactiveAfterMs: 0,
  expungeAfterMs: 0,
};

/** A place that others leave. */
export type Held = { readonly node: string; readonly victims: readonly string[] };

type Placement = { node: string; app: string; version: string };

/** Lifecycle of one instance. States say what the facts so far amount to; an entry action is what a state owes. */
const machine = setup({
  types: { context: {} as InstanceContext, events: {} as InstanceFact },
  actions: {
    // Inert: read as data by `owed`, made true of the world once the fact is durable.
    place: (_, _params: { app: string; version: string; slot: number; gang?: Gang; held?: Held }) => {},
    evict: (_, _params: { app: string; node: string; priority: number; victims: readonly Victim[] }) => {},
    run: (_, _params: Placement & { slot: number; attempt: number; hostPorts: readonly number[] }) => {},
    probe: (_, _params: Placement & { hostPorts: readonly number[] }) => {},
    stop: (_, _params: { node: string; signal: string; killAt: number }) => {},
    request: assign(({ event }) => {
      const { app, version, slot, attempt, gated, delayMs, gang } = event as Extract<InstanceFact, { type: 'InstanceRequested' }>;
      return { app, version, slot, attempt, gated, delayMs, gang };
    }),
    defer: assign(({ event }) => {
      const { type: _, ...deferred } = event as Extract<InstanceFact, { type: 'PlacementDeferred' }>;
      return { deferred };
    }),
    takePlace: assign(({ event }) => {
      const { node, hostPorts } = event as Extract<InstanceFact, { type: 'InstancePlaced' }>;
      return { node, hostPorts, deferred: undefined, gang: undefined, victims: NOBODY_LEAVES };
    }),
    nominate: assign(({ event }) => {
      const { node, priority, victims, patienceMs } = event as Extract<InstanceFact, { type: 'InstanceNominated' }>;
      return { node, priority, victims, delayMs: patienceMs };
    }),
    loseContainer: assign(({ context: { ended }, event }) => {
      const { name } = event as Extract<InstanceFact, { type: 'PodContainerExited' }>;
      return { ended: ended.includes(name) ? ended : [...ended, name] };
    }),
    leavePlace: assign({ node: '', hostPorts: () => [] }),
    giveUpPlace: assign({ node: '', victims: () => [] }),
    askToStop: assign(({ event }) => {
      const { signal, killAt, drainMs } = event as Extract<InstanceFact, { type: 'InstanceStopRequested' }>;
      return { signal, killAt, delayMs: drainMs };
    }),
    loseSight: assign(({ event }) => {
      const { inactiveAfterMs, expungeAfterMs } = event as Extract<InstanceFact, { type: 'InstanceBecameUnreachable' }>;
      return { inactiveAfterMs: inactiveAfterMs ?? -1, expungeAfterMs: expungeAfterMs ?? -1 };
    }),
  },
  guards: {
    mustWait: ({ event }) => event.type === 'InstanceRequested' && event.delayMs > 0,
    mustDrain: ({ event }) => event.type === 'InstanceStopRequested' && event.drainMs > 0,
    isGated: ({ context }) => context.gated,
    waitsForEver: ({ event }) => event.type === 'InstanceBecameUnreachable' && event.inactiveAfterMs === undefined,
  },
  delays: {
    launchDelay: ({ context }) => context.delayMs,
    patience: ({ context }) => context.delayMs,
    drain: ({ context }) => context.delayMs,
    inactiveAfter: ({ context }) => context.inactiveAfterMs,
    // Counted from the loss of the node, as Marathon does, though the state is entered at `inactiveAfter`.
    expungeAfter: ({ context }) => Math.max(0, context.expungeAfterMs - context.inactiveAfterMs),
  },
}).createMachine({
  id: 'instance.v1',
  context: nobody,
  initial: 'absent',
  states: {
    absent: {
      description: 'Nobody asked for it.',
      on: {
        InstanceRequested: [
          { guard: 'mustWait', target: 'waiting', actions: 'request' },
          { target: 'requested', actions: 'request' },
        ],
      },
    },
    waiting: {
      description: 'Held back by the launch back-off.',
      after: { launchDelay: 'requested' },
      on: { LaunchDelayReset: 'requested', InstanceCancelled: 'cancelled' },
    },
    requested: {
      description: 'Waits for a place.',
      entry: {
        type: 'place',
        params: ({ context: { app, version, slot, gang } }) => ({ app, version, slot, ...(gang !== undefined && { gang }) }),
      },
      on: {
        InstancePlaced: { target: 'starting', actions: 'takePlace' },
        InstanceNominated: { target: 'nominated', actions: 'nominate' },
        PlacementDeferred: { actions: 'defer' },
        InstanceCancelled: 'cancelled',
      },
    },
    nominated: {
      description: 'Others leave a node for it, where its place is held.',
      entry: [
        {
          type: 'place',
          params: ({ context: { app, version, slot, node, victims } }) => ({
            app,
            version,
            slot,
            held: { node, victims: victims.map(({ instance }) => instance) },
          }),
        },
        { type: 'evict', params: ({ context: { app, node, priority, victims } }) => ({ app, node, priority, victims }) },
      ],
      after: { patience: { target: 'requested', actions: 'giveUpPlace' } },
      on: {
        InstancePlaced: { target: 'starting', actions: 'takePlace' },
        NominationLapsed: { target: 'requested', actions: 'giveUpPlace' },
        InstanceCancelled: 'cancelled',
      },
    },
    starting: {
      description: 'Placed; its host is to run it.',
      entry: {
        type: 'run',
        params: ({ context: { node, app, version, slot, attempt, hostPorts } }) => ({ node, app, version, slot, attempt, hostPorts }),
      },
      on: {
        ContainerStarted: [{ guard: 'isGated', target: 'running.checked' }, { target: 'running.unchecked' }],
        PlacementRevoked: { target: 'requested', actions: 'leavePlace' },
        ImagePullFailed: 'failed',
        ImageMissing: 'failed',
        PortTaken: 'failed',
        CommandNotFound: 'failed',
        ArtifactFetchFailed: 'failed',
        StartRejected: 'failed',
        ContainerExited: 'exited',
        ContainerVanished: 'lost',
        InstanceStopRequested: { target: 'stopping', actions: 'askToStop' },
        InstanceBecameUnreachable: [
          { guard: 'waitsForEver', target: 'unreachable.held', actions: 'loseSight' },
          { target: 'unreachable.recent', actions: 'loseSight' },
        ],
        InstanceLost: 'lost',
      },
    },
    running: {
      description: 'Started and not ended.',
      initial: 'unchecked',
      states: {
        unchecked: { description: 'No checks: ready as soon as it runs.' },
        checked: {
          description: 'Probed for as long as it runs.',
          entry: { type: 'probe', params: ({ context: { node, app, version, hostPorts } }) => ({ node, app, version, hostPorts }) },
          initial: 'settling',
          states: {
            settling: { on: { InstanceBecameReady: 'ready', InstanceBecameUnhealthy: 'unhealthy' } },
            ready: { on: { InstanceBecameUnhealthy: 'unhealthy' } },
            unhealthy: { on: { InstanceBecameHealthy: 'ready', InstanceBecameReady: 'ready' } },
          },
        },
      },
      on: {
        PodContainerExited: { actions: 'loseContainer' },
        ContainerExited: 'exited',
        ContainerVanished: 'lost',
        InstanceStopRequested: [
          { guard: 'mustDrain', target: 'draining', actions: 'askToStop' },
          { target: 'stopping', actions: 'askToStop' },
        ],
        InstanceBecameUnreachable: [
          { guard: 'waitsForEver', target: 'unreachable.held', actions: 'loseSight' },
          { target: 'unreachable.recent', actions: 'loseSight' },
        ],
        InstanceLost: 'lost',
      },
    },
    draining: {
      description: 'Up, but out of discovery, so that what it serves can end.',
      after: { drain: 'stopping' },
      on: {
        PodContainerExited: { actions: 'loseContainer' },
        ContainerExited: 'killed',
        ContainerVanished: 'killed',
        InstanceBecameUnreachable: { target: 'unreachable.doomed', actions: 'loseSight' },
        InstanceLost: 'lost',
      },
    },
    stopping: {
      id: 'stopping',
      description: 'Signalled; killed at `killAt`.',
      entry: { type: 'stop', params: ({ context: { node, signal, killAt } }) => ({ node, signal, killAt }) },
      on: {
        ContainerExited: 'killed',
        ContainerVanished: 'killed',
        InstanceBecameUnreachable: { target: 'unreachable.doomed', actions: 'loseSight' },
        InstanceLost: 'lost',
      },
    },
    unreachable: {
      description: 'Its node does not answer. That is not dead.',
      initial: 'recent',
      states: {
        held: { description: 'The app waits for the node for ever.' },
        recent: { after: { inactiveAfter: 'inactive' } },
        inactive: { description: 'Replaced, not yet forgotten.', after: { expungeAfter: '#expunged' } },
        doomed: {
          description: 'To be stopped when its node returns.',
          on: {
            InstanceBecameReachable: '#stopping',
            ContainerExited: '#killed',
            ContainerVanished: '#killed',
          },
        },
      },
      on: {
        InstanceBecameReachable: [{ guard: 'isGated', target: 'running.checked' }, { target: 'running.unchecked' }],
        InstanceStopRequested: { target: '.doomed', actions: 'askToStop' },
        ContainerExited: 'exited',
        ContainerVanished: 'lost',
        InstanceLost: 'lost',
      },
    },
    expunged: {
      id: 'expunged',
      description: 'Forgotten after its node was away for too long; stopped should it be found again.',
      on: { InstanceBecameReachable: 'stopping', ContainerExited: 'exited', ContainerVanished: 'lost', InstanceLost: 'lost' },
    },
    cancelled: { type: 'final', description: 'No longer wanted before it had a place.' },
    failed: { type: 'final', description: 'Its host could not start it.' },
    exited: { type: 'final', description: 'Ended by itself.' },
    killed: { id: 'killed', type: 'final', description: 'Ended because we stopped it.' },
    lost: { type: 'final', description: 'Gone without a word of how it ended.' },
  },
});

export const instanceChart = chartOf<InstanceContext, InstanceFact>(machine);
