import { z } from 'zod';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { instanceIdOf } from '../../../domain/app/definition/taskIds.ts';
import { DEPLOYMENT } from '../../../domain/deployment/deployment.facts.ts';
import { appOfHook, hookAppId, hookOf, isHookApp } from '../../../domain/deployment/hookApp.ts';
import { keyOf, nounOf } from '../../../domain/kernel/ids.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { LongList } from '../longList.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** Every instance that is known, the one-off commands of deployments among them, which Marathon's API has no place for. */
export const serveInstanceList = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/instances',
    exposeHeadRoute: false,
    schema: {
      summary: 'Instances that live and those that ended lately, with the one-off commands of deployments.',
      tags: ['instances'],
      querystring: z.object({
        app: z.string().min(1).optional().describe('Only those of this app and of its deployments.'),
        minPosition,
      }),
    },
    handler: async ({ query: { app } }) => {
      const rows = app === undefined ? [...engine.views.instances.all()] : rowsOf(engine, absolutePathId(app));
      return {
        instances: new LongList(
          rows.toSorted((a, b) => a.requestedAt - b.requestedAt),
          (row) => [instanceJson(row)],
        ),
      };
    },
  });
};

const rowsOf = ({ views: { instances } }: Engine, app: string): readonly InstanceRow[] =>
  [app, hookAppId(app, 'before'), hookAppId(app, 'after')].flatMap((id) => [...instances.endedOf(id), ...instances.ofApp(id)]);

const instanceJson = (row: InstanceRow) => {
  const { id, app, version, slot, attempt, state, node, owner, requestedAt, startedAt, endedAt, exit, stopReason, failure } = row;
  const isHook = isHookApp(app);
  return {
    id,
    app: isHook ? appOfHook(app) : app,
    version,
    // A one-off command is no task of its app's.
    ...(isHook ? { hook: hookOf(app), attempt: slot + 1 } : { instanceId: instanceIdOf(app, id), slot, attempt }),
    ...(nounOf(owner) === DEPLOYMENT && { deployment: keyOf(owner) }),
    state,
    ...(node !== undefined && { node }),
    requestedAt: isoInstant(requestedAt),
    ...(startedAt !== undefined && { startedAt: isoInstant(startedAt) }),
    ...(endedAt !== undefined && { endedAt: isoInstant(endedAt) }),
    ...(exit !== undefined && { exit }),
    ...(stopReason !== undefined && { stopReason }),
    ...(failure !== undefined && { failure }),
  };
};
