import type { AppFact, AppFactOf } from '../../src/domain/app/app.facts.ts';
import type { AppDefinition } from '../../src/domain/app/definition/definition.ts';
import type { DeploymentFact, DeploymentFactOf } from '../../src/domain/deployment/deployment.facts.ts';
import type { InstanceFact, InstanceFactOf } from '../../src/domain/instance/instance.facts.ts';
import { holdsResources, phaseOf } from '../../src/domain/instance/instance.states.ts';
import type { Chart } from '../../src/domain/kernel/chart/chart.ts';
import type { ChartState } from '../../src/domain/kernel/chart/state.ts';
import type { Sealer } from '../../src/domain/kernel/codec.ts';
import { keyOf, nounOf, type StreamName } from '../../src/domain/kernel/ids.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import type { Fact, Metadata } from '../../src/domain/kernel/recorded.ts';
import type { NodeFact, NodeFactOf, NodeOffer } from '../../src/domain/node/node.facts.ts';
import { nounOfStream } from '../../src/domain/nouns.ts';

export type Known = { readonly stored: StoredFact; readonly fact: Fact; readonly meta: Metadata };
export type KnownStream = { readonly chart: Chart<unknown, Fact>; state: ChartState<unknown>; readonly facts: Known[]; problem?: string };
export type KnownInstance = InstanceFactOf<'InstanceRequested'> & {
  readonly id: string;
  state: string;
  node?: string;
  ports: readonly number[];
};
/** `lends`: how many times over it may be reserved, by resource. */
export type KnownNode = {
  readonly id: string;
  offer: NodeOffer;
  state: string;
  lends: Readonly<Record<string, number | undefined>>;
  readonly sight: NodeFactOf<'NodeRegistered'>;
};
export type KnownDeployment = DeploymentFactOf<'DeploymentStarted'> & {
  readonly id: string;
  readonly chart: string;
  state: string;
  instances: number;
  /** Ready instances at its last look, less the ready ones that were stopped for it since. */
  readyLeft: number | undefined;
  /** Ready instances at its last look. */
  readySeen: number;
};

/** The auditor's own books, kept from the stored bytes of the facts alone: shares no view with the engine. */
export type Audit = {
  readonly streams: ReadonlyMap<StreamName, KnownStream>;
  readonly instances: ReadonlyMap<string, KnownInstance>;
  readonly nodes: ReadonlyMap<string, KnownNode>;
  readonly deployments: ReadonlyMap<string, KnownDeployment>;
  /** By app and configuration version. */
  readonly definitions: ReadonlyMap<string, AppDefinition>;
  /** By app, what it asks for now and since which position; by app and configuration version, what the version asks for now. */
  readonly newest: ReadonlyMap<string, { readonly definition: AppDefinition; readonly position: number }>;
  /** Of the last fact. */
  position: number;
  /** The deployment that holds an app's lock. */
  readonly locks: ReadonlyMap<string, AppFactOf<'DeploymentBegan'>>;
  take(stored: StoredFact): Known;
  ofApp(app: string): readonly KnownInstance[];
  onNode(node: string): readonly KnownInstance[];
};

export const createAudit = (sealer: Sealer): Audit => {
  const streams = new Map<StreamName, KnownStream>();
  const instances = new Map<string, KnownInstance>();
  const byApp = new Map<string, Map<string, KnownInstance>>();
  const byNode = new Map<string, Map<string, KnownInstance>>();
  const nodes = new Map<string, KnownNode>();
  const deployments = new Map<string, KnownDeployment>();
  const definitions = new Map<string, AppDefinition>();
  const newest = new Map<string, { readonly definition: AppDefinition; readonly position: number }>();
  const locks = new Map<string, AppFactOf<'DeploymentBegan'>>();

  const index = (map: Map<string, Map<string, KnownInstance>>, key: string, one: KnownInstance): void => {
    const there = map.get(key) ?? new Map<string, KnownInstance>();
    map.set(key, there.set(one.id, one));
  };

  const takeInstance = (id: string, fact: InstanceFact, state: string): void => {
    if (fact.type === 'InstanceRequested') {
      const made: KnownInstance = { ...fact, id, state, ports: [] };
      instances.set(id, made);
      index(byApp, fact.app, made);
      return;
    }
    const one = instances.get(id);
    if (one === undefined) return;
    if (fact.type === 'InstanceStopRequested' && phaseOf(one.state) === 'ready') {
      const holder = deployments.get(locks.get(one.app)?.deployment ?? '');
      if (holder?.readyLeft !== undefined) holder.readyLeft -= 1;
    }
    one.state = state;
    if (fact.type === 'InstancePlaced') {
      one.node = fact.node;
      one.ports = fact.hostPorts;
      index(byNode, fact.node, one);
    }
    if (one.node !== undefined && (fact.type === 'PlacementRevoked' || phaseOf(state) === 'ended')) byNode.get(one.node)?.delete(id);
    if (fact.type === 'PlacementRevoked') {
      delete one.node;
      one.ports = [];
    }
    if (phaseOf(state) === 'ended') byApp.get(one.app)?.delete(id);
  };

  const takeNode = (id: string, fact: NodeFact, state: string): void => {
    if (fact.type === 'NodeRegistered') nodes.set(id, { id, offer: fact.offer, state, lends: fact.oversubscribe ?? {}, sight: fact });
    const node = nodes.get(id);
    if (node === undefined) return;
    node.state = state;
    if (fact.type === 'NodeOfferChanged') node.offer = fact.offer;
    if (fact.type === 'NodeOversubscribed') node.lends = fact.oversubscribe;
    if (fact.type === 'NodeRemoved') nodes.delete(id);
  };

  const takeDeployment = (id: string, fact: DeploymentFact, state: string, chart: string): void => {
    if (fact.type === 'DeploymentStarted')
      deployments.set(id, { ...fact, id, chart, state, instances: fact.to?.instances ?? 0, readyLeft: undefined, readySeen: 0 });
    const one = deployments.get(id);
    if (one === undefined) return;
    one.state = state;
    if (fact.type === 'TargetChanged') one.instances = fact.instances;
    if (fact.type === 'SlotsChanged') {
      one.readySeen = Object.values(fact.tallies).reduce((sum, { ready }) => sum + ready, 0);
      one.readyLeft = one.readySeen;
    }
  };

  const takeApp = (id: string, fact: AppFact, position: number): void => {
    if (fact.type === 'AppVersionAdded')
      for (const key of [id, `${id} ${fact.configVersion}`]) newest.set(key, { definition: fact.definition, position });
    if (fact.type === 'AppDestroyed') newest.delete(id);
    if (fact.type === 'AppVersionAdded' && !definitions.has(`${id} ${fact.configVersion}`))
      definitions.set(`${id} ${fact.configVersion}`, fact.definition);
    if (fact.type === 'DeploymentBegan') locks.set(id, fact);
    if (fact.type === 'DeploymentEnded') locks.delete(id);
  };

  const audit: Audit = {
    streams,
    instances,
    nodes,
    deployments,
    definitions,
    locks,
    newest,
    position: 0,
    ofApp: (app) => [...(byApp.get(app)?.values() ?? [])],
    onNode: (node) => [...(byNode.get(node)?.values() ?? [])],
    take: (stored) => {
      const { stream, meta } = stored;
      const noun = nounOfStream(stream);
      const fact = noun.codec.decode(stored.type, stored.data, sealer);
      const known: Known = { stored, fact, meta };
      let there = streams.get(stream);
      if (there === undefined) {
        const chart = noun.charts[meta.chart ?? ''];
        if (chart === undefined) throw new Error(`${stream}: its first fact names no chart`);
        there = { chart, state: chart.initial(), facts: [] };
        streams.set(stream, there);
      }
      const next = there.chart.step(there.state, fact, meta.at);
      there.facts.push(known);
      if (next === undefined) there.problem = `${fact.type} is not explained in '${there.state.value}'`;
      else there.state = next;
      const key = keyOf(stream);
      const { value } = there.state;
      switch (nounOf(stream)) {
        case 'instance':
          takeInstance(key, fact as InstanceFact, value);
          break;
        case 'node':
          takeNode(key, fact as NodeFact, value);
          break;
        case 'deployment':
          takeDeployment(key, fact as DeploymentFact, value, there.chart.id);
          break;
        case 'app':
          takeApp(key, fact as AppFact, stored.position);
          break;
      }
      audit.position = stored.position;
      return known;
    },
  };
  return audit;
};

/** Whether an instance counts against its node; one forgotten after an outage counts again as soon as its node answers. */
export const isReserved = (audit: Audit, { state, node }: KnownInstance): boolean =>
  node !== undefined &&
  (holdsResources(state) || (state === 'expunged' && audit.nodes.get(node)?.state.startsWith('attached.answering') === true));
