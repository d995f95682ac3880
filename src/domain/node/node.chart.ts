import { assign, setup } from 'xstate';
import { plus } from '../kernel/amounts.ts';
import { chartOf } from '../kernel/chart/chart.ts';
import type { RoleAmounts } from '../role/role.facts.ts';
import type { NodeFact, NodeFactOf, NodeOffer, RuntimeEndpoint } from './node.facts.ts';
import type { Oversubscription } from './oversubscription.facts.ts';

export type NodeContext = {
  /** As it came, so that asking for the same again is no news. */
  readonly registered: Omit<NodeFactOf<'NodeRegistered'>, 'type'> | undefined;
  readonly endpoint: RuntimeEndpoint | undefined;
  readonly offer: NodeOffer | undefined;
  /** Kept for roles by request, beyond what it was registered with. */
  readonly reservations: Readonly<Record<string, RoleAmounts>>;
  readonly oversubscribe: Oversubscription;
  readonly cordoned: boolean;
  readonly reason: string;
  /** How long it has to answer before it takes new instances. */
  readonly steadyMs: number;
};

const NO_RESERVATIONS: NodeContext['reservations'] = {};

/** Lifecycle of a host in the pool. While attached it is observed; what its loss means to those on it is owed too. */
const machine = setup({
  types: { context: {} as NodeContext, events: {} as NodeFact },
  actions: {
    observe: (_, _params: { endpoint: RuntimeEndpoint | undefined }) => {},
    reconcile: (_, _params: Record<string, never>) => {},
    declareUnreachable: (_, _params: { reason: string }) => {},
    declareGone: (_, _params: { reason: string }) => {},
    register: assign(({ event }) => {
      const { type: _, ...registered } = event as NodeFactOf<'NodeRegistered'>;
      const { endpoint, offer, oversubscribe = {} } = registered;
      return { registered, endpoint, offer, oversubscribe, reservations: NO_RESERVATIONS, cordoned: false, reason: '' };
    }),
    takeOffer: assign({ offer: ({ event }) => (event as Extract<NodeFact, { type: 'NodeOfferChanged' }>).offer }),
    takeFactors: assign({ oversubscribe: ({ event }) => (event as Extract<NodeFact, { type: 'NodeOversubscribed' }>).oversubscribe }),
    takeReason: assign({ reason: ({ event }) => (event as { reason: string }).reason }),
    reserve: assign(({ context, event }) => {
      const { role, amounts } = event as NodeFactOf<'ResourcesReserved'>;
      return { reservations: { ...context.reservations, [role]: plus(context.reservations[role] ?? {}, amounts) } };
    }),
    unreserve: assign(({ context, event }) => {
      const { role, amounts } = event as NodeFactOf<'ResourcesUnreserved'>;
      const { [role]: before = {}, ...others } = context.reservations;
      const left = plus(before, amounts, -1);
      return { reservations: Object.keys(left).length === 0 ? others : { ...others, [role]: left } };
    }),
    cordon: assign({ cordoned: true }),
    uncordon: assign({ cordoned: false }),
    takeSpan: assign({ steadyMs: ({ event }) => (event as NodeFactOf<'NodeBecameFlapping'>).steadyMs }),
  },
  guards: { isCordoned: ({ context }) => context.cordoned },
  delays: { steady: ({ context }) => context.steadyMs },
}).createMachine({
  id: 'node.v1',
  context: {
    registered: undefined,
    endpoint: undefined,
    offer: undefined,
    oversubscribe: {},
    reservations: NO_RESERVATIONS,
    cordoned: false,
    reason: '',
    steadyMs: 0,
  },
  initial: 'absent',
  states: {
    absent: { description: 'Not in the pool.', on: { NodeRegistered: { target: 'attached', actions: 'register' } } },
    attached: {
      description: 'In the pool: its runtime is watched.',
      entry: { type: 'observe', params: ({ context: { endpoint } }) => ({ endpoint }) },
      initial: 'answering',
      states: {
        answering: {
          description: 'Its runtime answers: what it says is compared with what we hold.',
          entry: { type: 'reconcile', params: () => ({}) },
          initial: 'ready',
          states: {
            ready: {
              on: {
                NodeCordoned: { target: 'cordoned', actions: 'cordon' },
                NodeBecameFlapping: { target: 'flapping', actions: 'takeSpan' },
              },
            },
            flapping: {
              description: 'Came and went lately: keeps what it has, takes nothing new until it has stayed for a while.',
              after: { steady: 'ready' },
              on: { NodeCordoned: { target: 'cordoned', actions: 'cordon' }, NodeUncordoned: { target: 'ready' } },
            },
            cordoned: {
              description: 'Keeps what it has, takes nothing new.',
              on: { NodeUncordoned: { target: 'ready', actions: 'uncordon' } },
            },
          },
          on: {
            NodeBecameUnreachable: { target: 'unreachable', actions: 'takeReason' },
            NodeOfferChanged: { actions: 'takeOffer' },
          },
        },
        unreachable: {
          description: 'Does not answer. What runs there may well go on.',
          entry: { type: 'declareUnreachable', params: ({ context: { reason } }) => ({ reason }) },
          on: {
            NodeReturned: [{ guard: 'isCordoned', target: 'answering.cordoned' }, { target: 'answering' }],
            NodeCordoned: { actions: 'cordon' },
            NodeUncordoned: { actions: 'uncordon' },
          },
        },
      },
      on: {
        NodeRemoved: { target: 'removed', actions: 'takeReason' },
        ResourcesReserved: { actions: 'reserve' },
        ResourcesUnreserved: { actions: 'unreserve' },
        NodeOversubscribed: { actions: 'takeFactors' },
      },
    },
    removed: {
      description: 'Out of the pool; what ran there is lost to us.',
      entry: { type: 'declareGone', params: ({ context: { reason } }) => ({ reason }) },
      on: { NodeRegistered: { target: 'attached', actions: 'register' } },
    },
  },
});

export const nodeChart = chartOf<NodeContext, NodeFact>(machine);
