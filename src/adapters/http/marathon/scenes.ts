import type { AppFact, AppFactOf } from '../../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import type { InstanceFact } from '../../../domain/instance/instance.facts.ts';
import { keyOf, nounOf, streamOf } from '../../../domain/kernel/ids.ts';
import type { Recorded } from '../../../domain/kernel/recorded.ts';
import { ENGINE_LEASE } from '../../../domain/lease/lease.ts';
import type { NodeFact } from '../../../domain/node/node.facts.ts';
import type { PlanFact } from '../../../domain/plan/plan.facts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { Exit } from '../../../domain/ports/hosts.ts';
import { REQUEST } from '../../../domain/request/request.ts';
import { clientIpOf } from './clientIps.ts';
import { frameworkIdOf } from './framework.ts';
import type { PlanScene } from './planEvents.ts';

/** What the earlier facts of a stream say about the instance that a fact speaks of. */
export type InstanceScene = {
  readonly kind: 'instance';
  readonly id: string;
  readonly app: string;
  readonly version: string;
  readonly node?: string;
  /** Where the node is reached. */
  readonly host: string;
  readonly hostPorts: readonly number[];
  readonly ipAddresses: readonly string[];
  /** State of the chart before the fact, and after it. */
  readonly before: string;
  readonly after: string;
  readonly exit?: Exit;
  /** The check that failed last. */
  readonly failedProbe?: string;
  readonly definition?: AppDefinition;
  /** Containers of a pod that had ended before. */
  readonly ended: readonly string[];
  /** It had been forgotten while its node was away. */
  readonly wasForgotten: boolean;
};

export type AppScene = {
  readonly kind: 'app';
  readonly app: string;
  readonly isPod: boolean;
  /** Address of whoever asked for it; '' of the engine itself, of the unix socket, and where the request was shredded. */
  readonly clientIp: string;
  /** Definition before the fact; absent for the first version. */
  readonly previous?: AppDefinition;
  /** The deployment that the fact ends or takes over from. */
  readonly deployment?: AppFactOf<'DeploymentBegan'>;
  readonly version: string;
};

/** A leader began: what stands for the registration of Marathon's framework with Mesos. */
export type LeaseScene = { readonly kind: 'lease'; readonly frameworkId: string };

/** What was asked from outside and refused, or done. */
export type RequestScene = { readonly kind: 'request' };

export type Scene = InstanceScene | AppScene | PlanScene | LeaseScene | RequestScene | { readonly kind: 'none' };

const NONE: Scene = { kind: 'none' };

/**
 * What a fact needs besides itself to be told in Marathon's words, from recorded facts that stand before it: so the same fact is told the
 * same way live and in every replay.
 */
export const sceneOf = async (engine: Engine, recorded: Recorded): Promise<Scene> => {
  const noun = nounOf(recorded.stream);
  if (noun === 'instance') return instanceScene(engine, recorded as Recorded<InstanceFact>);
  if (noun === 'plan') return planScene(engine, recorded as Recorded<PlanFact>);
  if (noun === 'app') return appScene(engine, recorded as Recorded<AppFact>);
  if (noun === REQUEST) return { kind: 'request' };
  if (recorded.stream === ENGINE_LEASE) return { kind: 'lease', frameworkId: (await frameworkIdOf(engine)) ?? '' };
  return NONE;
};

const upTo = async <F extends { readonly type: string }>(
  { log, decode }: Engine,
  stream: string,
  revision: number,
): Promise<readonly Recorded<F>[]> =>
  (await log.readStream(stream, { max: revision + 1 })).map((stored) => decode(stored) as unknown as Recorded<F>);

const instanceScene = async (engine: Engine, recorded: Recorded<InstanceFact>): Promise<Scene> => {
  const id = keyOf(recorded.stream);
  let scene: InstanceScene = {
    kind: 'instance',
    id,
    app: '',
    version: '',
    host: '',
    hostPorts: [],
    ipAddresses: [],
    before: 'absent',
    after: 'absent',
    ended: [],
    wasForgotten: false,
  };
  for (const { fact, meta, revision } of await upTo<InstanceFact>(engine, recorded.stream, recorded.revision))
    scene = {
      ...scene,
      ...learned(fact),
      before: scene.after,
      after: meta.state,
      ended: fact.type === 'PodContainerExited' && revision < recorded.revision ? [...scene.ended, fact.name] : scene.ended,
      wasForgotten: scene.wasForgotten || scene.after === 'expunged',
    };
  const definition = engine.views.apps.definition(scene.app, scene.version);
  const host = scene.node === undefined ? '' : await addressOf(engine, scene.node, recorded.position);
  return { ...scene, host, ...(definition !== undefined && { definition }) };
};

const learned = (fact: InstanceFact): Partial<InstanceScene> => {
  switch (fact.type) {
    case 'InstanceRequested':
      return { app: fact.app, version: fact.version };
    case 'InstancePlaced':
      return { node: fact.node, hostPorts: fact.hostPorts };
    case 'InstanceBecameUnhealthy':
      return { failedProbe: fact.probe };
    case 'ContainerStarted':
      return { ipAddresses: fact.ipAddresses };
    case 'ContainerExited':
      return { exit: { oom: fact.oom, ...(fact.exitCode !== undefined && { exitCode: fact.exitCode }) } };
    default:
      return {};
  }
};

const planScene = async (engine: Engine, { stream, revision }: Recorded<PlanFact>): Promise<Scene> => {
  const facts = (await upTo<PlanFact>(engine, stream, revision)).map(({ fact }) => fact);
  const started = facts.find((fact) => fact.type === 'PlanStarted');
  if (started === undefined) return NONE;
  const cancelled = facts.find((fact) => fact.type === 'PlanCancelled')?.reason;
  const step = facts.slice(0, revision).filter(({ type }) => type === 'StepCompleted').length;
  return { kind: 'plan', id: keyOf(stream), started, step, ...(cancelled !== undefined && { cancelled }) };
};

/** As the node's own facts had it at that position. */
const addressOf = async (engine: Engine, node: string, position: number): Promise<string> => {
  let address = '';
  for (const stored of await engine.log.readStream(streamOf('node', node))) {
    if (stored.position > position) break;
    const { fact } = engine.decode(stored) as unknown as Recorded<NodeFact>;
    if (fact.type === 'NodeRegistered' || fact.type === 'NodeOfferChanged') address = fact.offer.address;
  }
  return address;
};

const appScene = async (engine: Engine, recorded: Recorded<AppFact>): Promise<Scene> => {
  let previous: AppDefinition | undefined;
  let version = '';
  let ofPod = false;
  const began = new Map<string, AppFactOf<'DeploymentBegan'>>();
  for (const { fact, revision } of await upTo<AppFact>(engine, recorded.stream, recorded.revision)) {
    if (fact.type === 'DeploymentBegan') began.set(fact.deployment, fact);
    if (fact.type === 'AppVersionAdded') {
      version = fact.version;
      ofPod = isPod(fact.definition);
    }
    if (revision === recorded.revision) break;
    if (fact.type === 'AppVersionAdded') previous = fact.definition;
    if (fact.type === 'AppDestroyed') previous = undefined;
  }
  const { fact } = recorded;
  const ends = fact.type === 'DeploymentEnded' ? fact.deployment : fact.type === 'DeploymentBegan' ? fact.supersedes : undefined;
  const deployment = ends === undefined ? undefined : began.get(ends);
  return {
    kind: 'app',
    app: keyOf(recorded.stream),
    version,
    isPod: ofPod,
    clientIp: TELLS_WHO_ASKED.has(fact.type) ? await clientIpOf(engine, recorded) : '',
    ...(previous !== undefined && { previous }),
    ...(deployment !== undefined && { deployment }),
  };
};

const TELLS_WHO_ASKED: ReadonlySet<string> = new Set<AppFact['type']>(['AppVersionAdded', 'DeploymentBegan']);
