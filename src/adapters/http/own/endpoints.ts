import { z } from 'zod';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { declaredPorts } from '../../../domain/app/definition/ports.ts';
import { instanceIdOf } from '../../../domain/app/definition/taskIds.ts';
import { phaseOf } from '../../../domain/instance/instance.states.ts';
import { nounOf } from '../../../domain/kernel/ids.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { createFeed } from '../feed.ts';
import { hostOf } from '../marathon/taskJson.ts';
import { flag, minPosition } from '../queries.ts';
import { settled } from '../reading.ts';
import { type Connection, connectionOf, frameText, HEARTBEAT, HEARTBEAT_MS, sendEvents } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** Where an app serves now: its ready instances. With `follow` the whole list again after every change, the first at once. */
export const serveEndpoints = (server: Server, surroundings: Surroundings): void => {
  const { engine } = surroundings;
  server.route({
    method: 'GET',
    url: '/v1/endpoints',
    exposeHeadRoute: false,
    schema: {
      summary: 'Ready instances of an app with their addresses and ports; an app that is not there has none.',
      tags: ['discovery'],
      querystring: z.object({ app: z.string().min(1), follow: flag(false), minPosition }),
    },
    handler: async ({ query: { app, follow } }, reply) => {
      const id = absolutePathId(app);
      if (!follow) return { app: id, endpoints: endpointsOf(engine, id) };
      return sendEvents(reply, frames(engine, id, connectionOf(reply, surroundings.closing)));
    },
  });
};

async function* frames(engine: Engine, app: string, connection: Connection): AsyncGenerator<string, void> {
  const { log, clock, views } = engine;
  const after = views.position();
  let told = JSON.stringify(endpointsOf(engine, app));
  const list = (position: number): string =>
    frameText({ event: 'endpoints', id: String(position), data: { app, position, endpoints: JSON.parse(told) } });
  yield list(after);
  for await (const item of createFeed<never>({ log, clock, after, heartbeatMs: HEARTBEAT_MS, ...connection }).items) {
    if (item.kind === 'heartbeat') yield HEARTBEAT;
    if (item.kind !== 'facts' || item.facts.every(({ stream }) => !MATTERS.has(nounOf(stream)))) continue;
    const position = item.facts.at(-1)?.position ?? 0;
    await settled(engine, position);
    const now = JSON.stringify(endpointsOf(engine, app));
    if (now === told) continue;
    told = now;
    yield list(position);
  }
}

const MATTERS: ReadonlySet<string> = new Set(['instance', 'node', 'app']);

export const endpointsOf = (engine: Engine, app: string) =>
  engine.views.instances
    .ofApp(app)
    .filter(({ state }) => phaseOf(state) === 'ready')
    .map((row) => endpoint(engine, row));

const endpoint = (engine: Engine, row: InstanceRow) => {
  const { views } = engine;
  const definition = views.apps.definition(row.app, row.version);
  const hostPorts = [...row.hostPorts];
  return {
    instance: row.id,
    id: instanceIdOf(row.app, row.id),
    slot: row.slot,
    version: row.version,
    node: row.node,
    address: hostOf(engine, row),
    ipAddresses: row.ipAddresses,
    ports: (definition === undefined ? [] : declaredPorts(definition)).map(({ name, protocol, servicePort, containerPort, hostPort }) => ({
      ...(name !== undefined && { name }),
      protocol,
      // Only ports that want one on the host were given one, in this order.
      ...(hostPort !== undefined && { port: hostPorts.shift() }),
      ...(containerPort !== undefined && { containerPort }),
      servicePort,
    })),
  };
};
