import type { AppCommand } from '../domain/app/app.commands.ts';
import { APP } from '../domain/app/app.facts.ts';
import { placementAskOf } from '../domain/app/definition/ask.ts';
import { drainOf, graceOf } from '../domain/app/definition/leaving.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { INSTANCE } from '../domain/instance/instance.facts.ts';
import { isLive } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf, streamOf } from '../domain/kernel/ids.ts';
import type { Clock, Ids } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Millis } from '../domain/kernel/units.ts';
import { eligibleIn, perNodeChange } from '../domain/placement/perNode.ts';
import type { AppRow, Views } from '../domain/ports/views.ts';
import type { Cause } from './envelope.ts';
import { engineCause, type Tell } from './tell.ts';

/** How long changes of the pool are gathered: nodes that join together are one change of an app, ms. */
export const POOL_SETTLES_MS: Millis = 250;

export type PerNode = {
  /** At the start, once: what the pool became while no engine ran. */
  load(cause: Cause): void;
  take(batch: readonly Recorded[]): void;
};

/** Keeps one instance of an app on every eligible node, where its definition wants that. Compares at each look, and keeps nothing. */
export const createPerNode = (views: Views, clock: Clock, ids: Ids, tell: Tell): PerNode => {
  const dirty = new Map<string, Cause>();
  const telling = new Set<string>();
  let scheduled = false;

  const look = (app: string, cause: Cause): void => {
    dirty.set(app, cause);
    if (scheduled) return;
    scheduled = true;
    clock.schedule(POOL_SETTLES_MS, run);
  };

  const run = (): void => {
    scheduled = false;
    const apps = [...dirty];
    dirty.clear();
    for (const [app, cause] of apps) {
      // What was told is a fact soon, after which it is looked at again.
      if (telling.has(app)) look(app, cause);
      else follow(app, cause);
    }
  };

  const follow = (app: string, cause: Cause): void => {
    const row = views.apps.get(app);
    if (row?.definition.perNode !== true) return;
    const change = perNodeChange(eligibleIn(views.nodes, placementAskOf(row.definition)), row.definition.instances, residentsOf(row));
    if (change === undefined) return;
    const { instances, retire, because } = change;
    // Their number is right: who stands in the wrong place is replaced like any other that ends.
    if (instances === row.definition.instances) {
      for (const instance of retire) stop(row, instance, because, cause);
      return;
    }
    const command: AppCommand = {
      type: 'DeployApp',
      definition: { ...row.definition, instances },
      reason: 'scale',
      because,
      mode: 'change',
      force: false,
      basedOn: row.target.version,
      deployment: ids.next(),
      ...(retire.length > 0 && { retire }),
    };
    telling.add(app);
    // One that is refused has a deployment in its way, whose end is a fact of the app.
    tell(streamOf(APP, app), command, engineCause(cause), () => void telling.delete(app));
  };

  const stop = ({ definition }: AppRow, instance: string, reason: string, cause: Cause): void => {
    const [drainMs, graceMs] = [drainOf(definition), graceOf(definition)];
    const command: InstanceCommand = { type: 'StopInstance', reason, signal: 'SIGTERM', drainMs, graceMs };
    tell(streamOf(INSTANCE, instance), command, engineCause(cause));
  };

  /** While a deployment moves them, some stand beside their successors and some are on their way. */
  const residentsOf = ({ id, target, deployment }: AppRow) =>
    deployment !== undefined
      ? undefined
      : views.instances
          .ofApp(id)
          .filter(({ state, version }) => isLive(state) && version === target.configVersion)
          .map(({ id: instance, node }) => ({ instance, ...(node !== undefined && { node }) }));

  return {
    load: (cause) => {
      for (const { id, definition } of views.apps.all()) if (definition.perNode === true) look(id, cause);
    },
    take: (batch) => {
      for (const { stream, id, meta } of batch) {
        const noun = nounOf(stream);
        const cause: Cause = { correlationId: meta.correlationId, causationId: id, by: meta.by };
        if (noun === 'node') for (const app of views.apps.perNode()) look(app, cause);
        else if (noun === APP && views.apps.get(keyOf(stream))?.definition.perNode === true) look(keyOf(stream), cause);
      }
    },
  };
};
