import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import type { AppFact, AppFactOf, SlotsByVersion, Target } from './app.facts.ts';
import type { AppDefinition } from './definition/definition.ts';

export type AppContext = {
  readonly app: string;
  readonly definition: AppDefinition | undefined;
  /** The newest version. */
  readonly target: Target | undefined;
  /** What is kept running while no deployment runs. */
  readonly slots: SlotsByVersion;
  readonly deployment: AppFactOf<'DeploymentBegan'> | undefined;
  /** The last deployment that stood in the way of its own policy. */
  readonly deferredBy: string | undefined;
};

type Began = AppFactOf<'DeploymentBegan'>;

/** An app between its versions: either a deployment moves it, or it keeps what the last one left. */
const machine = setup({
  types: { context: {} as AppContext, events: {} as AppFact },
  actions: {
    deploy: (_, _params: { app: string; began: Began | undefined; instances: number | undefined }) => {},
    want: (_, _params: { app: string; slots: SlotsByVersion; retire: readonly string[] }) => {},
    supersede: (_, _params: { app: string; by: string | undefined }) => {},
    addVersion: assign(({ event }) => {
      const { app, version, configVersion, definition } = event as AppFactOf<'AppVersionAdded'>;
      return { app, definition, target: { version, configVersion, instances: definition.instances } };
    }),
    begin: assign({ deployment: ({ event }) => event as Began }),
    end: assign({ slots: ({ event }) => (event as AppFactOf<'DeploymentEnded' | 'DeploymentStopped'>).slots }),
    forget: assign({ definition: undefined, target: undefined, slots: () => ({}), deployment: undefined, deferredBy: undefined }),
    decided: assign({ deferredBy: undefined }),
    defer: assign({ deferredBy: ({ event }) => (event as AppFactOf<'AutoscaleDeferred'>).deployment }),
  },
  guards: {
    isPart: ({ event }) => event.type === 'DeploymentBegan' && event.partOf !== undefined,
  },
}).createMachine({
  id: 'app.v1',
  context: { app: '', definition: undefined, target: undefined, slots: {}, deployment: undefined, deferredBy: undefined },
  initial: 'absent',
  states: {
    absent: {
      description: 'Not there, or no longer.',
      on: { AppVersionAdded: { target: 'drafted', actions: 'addVersion' } },
    },
    drafted: {
      description: 'Has its first version; its first deployment begins in the same breath.',
      on: {
        DeploymentBegan: [
          { guard: 'isPart', target: 'held', actions: 'begin' },
          { target: 'deploying', actions: 'begin' },
        ],
      },
    },
    held: {
      description: 'The plan of a group has the lock, and has not come to this app: it keeps what was left, as between deployments.',
      entry: { type: 'want', params: ({ context: { app, slots } }) => ({ app, slots, retire: [] }) },
      on: {
        AutoscaleDecided: { actions: 'decided' },
        AutoscaleDeferred: { actions: 'defer' },
        AppVersionAdded: { actions: 'addVersion' },
        DeploymentTurnCame: 'deploying',
        DeploymentBegan: [
          { guard: 'isPart', target: 'held', reenter: true, actions: 'begin' },
          { target: 'deploying', actions: 'begin' },
        ],
        DeploymentEnded: { target: 'steady', actions: 'end' },
      },
    },
    frozen: {
      description: 'As held, taken over from a deployment in its midst, until that one has stopped and said what it left.',
      entry: {
        type: 'supersede',
        params: ({ context: { app, deployment } }) => ({ app, by: deployment?.deployment, loser: deployment?.supersedes }),
      },
      on: {
        AutoscaleDecided: { actions: 'decided' },
        AutoscaleDeferred: { actions: 'defer' },
        AppVersionAdded: { actions: 'addVersion' },
        DeploymentTurnCame: 'deploying',
        DeploymentStopped: { target: 'held', actions: 'end' },
        DeploymentBegan: [
          { guard: 'isPart', target: 'frozen', reenter: true, actions: 'begin' },
          { target: 'deploying', actions: 'begin' },
        ],
        DeploymentEnded: { target: 'steady', actions: 'end' },
      },
    },
    deploying: {
      description: 'A deployment holds the lock and moves the instances.',
      entry: {
        type: 'deploy',
        // A scale meanwhile is a new target for the deployment that runs, not a conflict.
        params: ({ context: { app, deployment, target } }) => ({ app, began: deployment, instances: target?.instances }),
      },
      on: {
        AutoscaleDecided: { actions: 'decided' },
        AutoscaleDeferred: { actions: 'defer' },
        AppVersionAdded: { actions: 'addVersion' },
        DeploymentBegan: [
          { guard: 'isPart', target: 'frozen', actions: 'begin' },
          { target: 'deploying', reenter: true, actions: 'begin' },
        ],
        DeploymentEnded: { target: 'steady', actions: 'end' },
      },
    },
    steady: {
      description: 'Keeps as many instances of each version as the last deployment left.',
      entry: { type: 'want', params: ({ context: { app, slots } }) => ({ app, slots, retire: [] }) },
      on: {
        AutoscaleDecided: { actions: 'decided' },
        AppVersionAdded: { actions: 'addVersion' },
        DeploymentBegan: [
          { guard: 'isPart', target: 'held', actions: 'begin' },
          { target: 'deploying', actions: 'begin' },
        ],
        AppDestroyed: { target: 'absent', actions: 'forget' },
      },
    },
  },
});

export const appChart = chartOf<AppContext, AppFact>(machine);
