import type { AppFact } from '../../src/domain/app/app.facts.ts';
import { isChecked } from '../../src/domain/app/definition/checks.ts';
import { hostPortsWanted } from '../../src/domain/app/definition/ports.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { FakeEngine } from './fakeEngine.ts';
import { uuidOf } from './wireFacts.ts';

/** What the engine's actors would do, one step at a time, so that a test says when. */
export type FakeActors = {
  addNode(id: string, address?: string): Promise<void>;
  /** Starts the deployment that holds the app's lock. */
  beginDeployment(app: string): Promise<string>;
  /** Ends it, as succeeded. */
  endDeployment(app: string): Promise<void>;
  request(app: string, slot?: number, delayMs?: number): Promise<string>;
  place(id: string, node: string, ports?: readonly number[]): Promise<void>;
  start(id: string): Promise<void>;
  /** Requested, placed, started, and ready where it is gated. */
  launch(app: string, node: string, slot?: number): Promise<string>;
  report(id: string, command: { readonly type: string } & Readonly<Record<string, unknown>>): Promise<void>;
};

export const fakeActors = (engine: FakeEngine): FakeActors => {
  let made = 0;
  let port = 31_000;
  const instance = (id: string) => streamOf('instance', id);
  const entryRevision = async (id: string): Promise<number> => (await engine.memory.readStream(instance(id))).length - 1;
  const actors: FakeActors = {
    addNode: async (id, address = '10.0.0.1') => {
      const offer = { hostname: `${id}.example`, address, cpus: 4, mem: 4096, disk: 10_000, gpus: 0, portRanges: [[31_000, 32_000]] };
      const command = {
        type: 'RegisterNode',
        endpoint: { kind: 'simulated', seed: 1 },
        offer,
        attributes: {},
        roles: ['*'],
        warnings: [],
        region: 'eu',
        zone: 'a',
      };
      await engine.act(streamOf('node', id), command);
    },
    beginDeployment: async (app) => {
      const deployment = engine.views.apps.get(app)?.deployment ?? '';
      const facts = (await engine.memory.readStream(streamOf('app', app))).map((stored) => engine.decode(stored).fact as AppFact);
      const began = facts.findLast((fact) => fact.type === 'DeploymentBegan' && fact.deployment === deployment);
      if (began?.type !== 'DeploymentBegan') throw new Error(`no deployment of ${app}`);
      const { type: _, deployment: __, supersedes: ___, ...data } = began;
      await engine.act(streamOf('deployment', deployment), { type: 'BeginDeployment', app, ...data } as never);
      return deployment;
    },
    endDeployment: async (app) => {
      const row = engine.views.apps.get(app);
      const deployment = row?.deployment ?? '';
      const to = engine.views.deployments.get(deployment)?.to;
      const stream = streamOf('deployment', deployment);
      const slots = to === undefined ? {} : { [to.configVersion]: to.instances };
      const tallies = to === undefined ? {} : { [to.configVersion]: { live: to.instances, ready: to.instances, leaving: 0, failed: 0 } };
      await engine.act(stream, { type: 'ReportSlots', tallies } as never);
      await engine.act(streamOf('app', app), { type: 'ReportDeploymentEnded', deployment, outcome: 'succeeded', slots } as never);
      await engine.act(stream, { type: 'ReportReleased' });
    },
    request: async (app, slot = 0, delayMs = 0) => {
      const row = engine.views.apps.get(app);
      if (row === undefined) throw new Error(`no app ${app}`);
      const id = uuidOf(0xa000_0000 + made++);
      const gated = isChecked(row.definition);
      const data = { app, version: row.target.configVersion, slot, attempt: 1, delayMs, gated, owner: streamOf('app', app) };
      await engine.act(instance(id), { type: 'RequestInstance', ...data } as never);
      return id;
    },
    place: async (id, node, ports) => {
      const row = engine.views.instances.get(id);
      const definition = engine.views.apps.definition(row?.app ?? '', row?.version ?? '');
      const hostPorts = ports ?? (definition === undefined ? [] : hostPortsWanted(definition).map(() => port++));
      await actors.report(id, { type: 'PlaceInstance', node, hostPorts, considered: 1, excluded: {}, score: 1 });
    },
    start: (id) => actors.report(id, { type: 'ReportContainerStarted', containerId: `c-${id.slice(-4)}`, ipAddresses: [] }),
    launch: async (app, node, slot = 0) => {
      const id = await actors.request(app, slot);
      await actors.place(id, node);
      await actors.start(id);
      if (engine.views.instances.get(id)?.gated === true) await actors.report(id, { type: 'ReportReady' });
      return id;
    },
    report: async (id, command) => {
      await engine.act(instance(id), { entryRevision: await entryRevision(id), ...command } as never);
    },
  };
  return actors;
};
