import { either as E } from 'fp-ts';
import { graceOf } from '../domain/app/definition/leaving.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import { streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Millis } from '../domain/kernel/units.ts';
import type { HostRuntime, Observed } from '../domain/ports/hosts.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import { within } from './deadline.ts';
import type { Cause } from './envelope.ts';
import { endsIn, exitOf, sightOf } from './hostWork.ts';
import type { Tell } from './tell.ts';

/** Time for one inventory or inspection of a host, ms. */
export const INVENTORY_DEADLINE_MS = 20_000;
/** How long the output and sandbox of an ended instance stay on its host, ms. */
export const REMAINS_KEPT_MS = 10 * 60_000;

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly remainsKeptMs?: Millis;
  report(): Cause;
  isStarting(instance: string): boolean;
};

export type Reconciler = {
  /** Compares all that a host runs under our label with what we hold; a difference becomes a command. */
  inventory(node: string, host: HostRuntime): Promise<void>;
  /** The same for one instance, after a hint. */
  inspect(node: string, host: HostRuntime, instance: string): Promise<void>;
};

/** Observation is level-triggered: a lost signal heals at the next look, and the drift itself is history. */
export const createReconciler = ({ views, clock, tell, remainsKeptMs = REMAINS_KEPT_MS, report, isStarting }: Ports): Reconciler => {
  const say = (instance: string, command: InstanceCommand): void => tell(streamOf('instance', instance), command, report());

  const seen = (node: string, host: HostRuntime, observed: Observed): void => {
    const row = views.instances.get(observed.instance);
    if (row === undefined || phaseOf(row.state) === 'ended') remains(host, observed, row);
    else if (row.node !== node) stray(host, observed, row);
    else if (observed.status === 'exited') say(row.id, exitOf(observed));
    else if (observed.status === 'running' && !isKnownToRun(row)) {
      say(row.id, { type: 'ReportContainerFound', node, ...sightOf(observed) });
    } else if (observed.status === 'running' && row.containers !== undefined) {
      const known = new Set(row.containers.flatMap(({ name, exit }) => (exit === undefined ? [] : [name])));
      for (const command of endsIn(observed)) if (!known.has(command.name)) say(row.id, command);
    }
  };

  /** Of an instance that is another node's. Until that one is known to run there, or when it is this very one, nothing is done about it. */
  const stray = (host: HostRuntime, observed: Observed, row: InstanceRow): void => {
    if (row.containerId !== undefined && row.containerId !== observed.id) remains(host, observed, row);
  };

  /** What is left of an instance that has ended, or is somewhere else by now: one that still runs is stopped, one that does not goes when it was kept long enough. */
  const remains = (host: HostRuntime, observed: Observed, row: InstanceRow | undefined): void => {
    // A container of a history that we do not have is not ours to end. What the log has is in the roster, however long ago.
    if (row === undefined && !views.roster.has(streamOf('instance', observed.instance))) return;
    if (observed.status === 'running') {
      const graceMs = graceOf(row && views.apps.definition(row.app, row.version));
      const killAt = clock.now() + graceMs;
      void within(clock, graceMs + INVENTORY_DEADLINE_MS, 'stop', host.stop(observed.instance, { signal: 'SIGTERM', killAt }));
    } else if ((row?.endedAt ?? 0) + remainsKeptMs <= clock.now())
      void within(clock, INVENTORY_DEADLINE_MS, 'remove', host.remove(observed.instance));
  };

  return {
    inventory: async (node, host) => {
      // Only those known before the look can be missed by it, and not those that are on their way there, be they wanted still or not.
      const known = views.instances.onNode(node).filter(({ id }) => !isStarting(id));
      const before = new Map(known.map(({ id, revision }) => [id, revision]));
      const result = await within(clock, INVENTORY_DEADLINE_MS, 'inventory', host.inventory());
      if (E.isLeft(result)) return;
      // One that was created and never started is nothing, unless it is about to be started.
      const there = new Set(result.right.flatMap(({ instance, status }) => (status === 'created' ? [] : [instance])));
      for (const observed of result.right) seen(node, host, observed);
      for (const [id, revision] of before) {
        const row = views.instances.get(id);
        if (row?.revision === revision && row.state !== 'starting' && !there.has(id)) say(id, { type: 'ReportContainerGone', node });
      }
    },
    inspect: async (node, host, instance) => {
      const result = await within(clock, INVENTORY_DEADLINE_MS, 'inspect', host.inspect(instance));
      if (E.isRight(result) && result.right !== undefined) seen(node, host, result.right);
    },
  };
};

/** Whether a sighting would tell nothing new. A starting one is left to the call that starts it, which answers by itself. */
const isKnownToRun = ({ state }: InstanceRow): boolean => {
  const phase = phaseOf(state);
  return phase === 'ready' || phase === 'up' || phase === 'leaving' || state === 'starting';
};
