import { v5 as uuid5 } from 'uuid';
import { graceOf } from '../domain/app/definition/leaving.ts';
import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import { type HookName, hookAppId, isHookApp } from '../domain/deployment/hookApp.ts';
import { type HookStep, hookStep } from '../domain/deployment/hookStep.ts';
import type { Hook } from '../domain/deployment/policy.facts.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { INSTANCE } from '../domain/instance/instance.facts.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import { createAlarms } from './alarms.ts';
import type { Cause } from './envelope.ts';
import { launchDelay } from './launchPace.ts';
import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/** Namespace of the ids of such instances (RFC 9562 §5.5): the same attempt asked for twice is one instance, which starts at most once. */
const HOOK_NAMESPACE = '5d0c6c6e-6f0b-4d55-9f0e-2a4c1b7f3e90';

export type Hooks = {
  readonly effect: Effect;
  /** At the start, once: stops what was left running for a deployment that had gone on meanwhile. */
  load(cause: Cause): void;
  take(batch: readonly Recorded[]): void;
};

type Owed = { readonly app: string; readonly hook: HookName; readonly version: string; readonly spec?: Hook; readonly paused: boolean };

/**
 * Runs the one-off commands that deployments owe, each by an instance that is the deployment's and none of the app's. Everything follows
 * from the instances there are and from what their deployments owe, at every look.
 */
export const createHooks = (views: Views, clock: Clock, tell: Tell): Hooks => {
  const debts = new Map<StreamName, Debt>();
  /** Told and not committed yet, by deployment. */
  const telling = new Set<StreamName>();
  const stopping = new Set<string>();
  const alarms = createAlarms<StreamName>(clock, (stream) => look(stream));

  const rowsOf = (id: string, owner: StreamName): readonly InstanceRow[] =>
    [...views.instances.endedOf(id), ...views.instances.ofApp(id)].filter((row) => row.owner === owner);

  const look = (stream: StreamName): void => {
    const debt = debts.get(stream);
    if (debt === undefined || telling.has(stream)) return;
    const { app, hook, version, spec, paused } = debt.params as Owed;
    // One that another took over from before it had begun has no say, and is about to be told so.
    if (spec === undefined || views.apps.get(app)?.deployment !== keyOf(stream)) return;
    const id = hookAppId(app, hook);
    if (views.apps.definition(id, version) === undefined) return;
    act(debt, hookStep(spec, rowsOf(id, stream), paused, clock.now()));
  };

  const act = (debt: Debt, step: HookStep): void => {
    const { stream, entryRevision, cause } = debt;
    const { hook } = debt.params as Owed;
    switch (step.do) {
      case 'wait':
        if (step.until === undefined) alarms.clear(stream);
        else alarms.set(stream, step.until);
        return;
      case 'run':
        run(debt, step.nth, step.after);
        return;
      case 'stop':
        stop(step.row, step.reason, cause);
        return;
      case 'report': {
        const { row, failure } = step;
        const command: DeploymentCommand = {
          type: 'ReportHookEnded',
          hook,
          instance: row.id,
          answers: entryRevision,
          ...(failure !== undefined && { failure }),
        };
        telling.add(stream);
        // Not looked at again: what it changes is a fact of the deployment, and what it does not change would be told for ever.
        tell(stream, command, engineCause(cause), () => void telling.delete(stream));
      }
    }
  };

  const run = (debt: Debt, nth: number, last: InstanceRow | undefined): void => {
    const { stream, cause } = debt;
    const { app, hook, version } = debt.params as Owed;
    const id = hookAppId(app, hook);
    const definition = views.apps.definition(id, version);
    if (definition === undefined) return;
    const failures = last === undefined ? undefined : { count: nth, lastAt: last.endedAt ?? clock.now() };
    const command: InstanceCommand = {
      type: 'RequestInstance',
      app: id,
      version,
      slot: nth,
      attempt: views.instances.attempts(id, version, nth) + 1,
      delayMs: launchDelay(definition, failures, clock.now()),
      gated: false,
      owner: stream,
      ...(last !== undefined && { replaces: last.id }),
    };
    telling.add(stream);
    tell(streamOf(INSTANCE, uuid5(`${keyOf(stream)} ${hook} ${nth}`, HOOK_NAMESPACE)), command, engineCause(cause), () => {
      telling.delete(stream);
      look(stream);
    });
  };

  const stop = (row: InstanceRow, reason: string, cause: Cause): void => {
    if (stopping.has(row.id)) return;
    stopping.add(row.id);
    const graceMs = graceOf(views.apps.definition(row.app, row.version));
    const command: InstanceCommand = { type: 'StopInstance', reason, signal: 'SIGTERM', drainMs: 0, graceMs };
    tell(streamOf(INSTANCE, row.id), command, engineCause(cause), () => {
      stopping.delete(row.id);
      look(row.owner);
    });
  };

  /** Whoever runs for a deployment that no longer waits for it goes. */
  const sweep = (row: InstanceRow, cause: Cause): void => {
    const phase = phaseOf(row.state);
    if (phase === 'ended' || phase === 'leaving' || row.state === 'unreachable.doomed') return;
    if (views.roster.get(row.owner)?.owes.split(',').includes('hook') === true) return;
    stop(row, 'its deployment no longer waits for it', cause);
  };

  const sweepOf = (app: string, owner: StreamName, cause: Cause): void => {
    for (const hook of ['before', 'after'] as const)
      for (const row of views.instances.ofApp(hookAppId(app, hook))) if (row.owner === owner) sweep(row, cause);
  };

  const causeOf = ({ id, meta }: Recorded): Cause => ({ correlationId: meta.correlationId, causationId: id, by: meta.by });

  return {
    effect: {
      perform: (debt) => {
        debts.set(debt.stream, debt);
        look(debt.stream);
      },
      release: ({ stream }) => {
        debts.delete(stream);
        alarms.clear(stream);
      },
    },
    load: (cause) => {
      for (const row of views.instances.all()) if (isHookApp(row.app)) sweep(row, cause);
    },
    take: (batch) => {
      for (const recorded of batch) {
        const { stream } = recorded;
        const noun = nounOf(stream);
        if (noun === INSTANCE) {
          const row = views.instances.get(keyOf(stream));
          if (row === undefined || !isHookApp(row.app)) continue;
          look(row.owner);
          sweep(row, causeOf(recorded));
        } else if (noun === DEPLOYMENT) {
          const app = views.deployments.get(keyOf(stream))?.app;
          if (app !== undefined) sweepOf(app, stream, causeOf(recorded));
          look(stream);
        } else if (noun === 'app') {
          const { deployment } = views.apps.get(keyOf(stream)) ?? {};
          if (deployment !== undefined) look(streamOf(DEPLOYMENT, deployment));
        }
      }
    },
  };
};
