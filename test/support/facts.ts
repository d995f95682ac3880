import type { AppFact } from '../../src/domain/app/app.facts.ts';
import type { DeploymentFact, Tally } from '../../src/domain/deployment/deployment.facts.ts';
import { deploymentPolicy } from '../../src/domain/deployment/policy.facts.ts';
import type { GroupFact } from '../../src/domain/group/group.facts.ts';
import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import type { TimerElapsed } from '../../src/domain/kernel/chart/state.ts';
import type { Fact } from '../../src/domain/kernel/recorded.ts';
import type { LeaseFact } from '../../src/domain/lease/lease.ts';
import type { NodeFact, NodeOffer } from '../../src/domain/node/node.facts.ts';
import type { PlanFact } from '../../src/domain/plan/plan.facts.ts';
import type { RebalanceFact } from '../../src/domain/rebalance/rebalance.facts.ts';
import type { RequestFact } from '../../src/domain/request/request.ts';
import type { RetentionFact } from '../../src/domain/retention/retention.facts.ts';
import type { RoleFact } from '../../src/domain/role/role.facts.ts';
import type { StrategyFact } from '../../src/domain/strategy/strategy.facts.ts';
import { definitionOf } from './definitions.ts';

/* One builder per fact. A new fact is added here once; the walks, the goldens and the codec tests then know it. */

type DataOf<F extends Fact, T> = Omit<Extract<F, { type: T }>, 'type'>;
type Builders<F extends Fact> = { readonly [T in F['type']]: (over?: Partial<DataOf<F, T>>) => Extract<F, { type: T }> };

const buildersOf = <F extends Fact>(defaults: { readonly [T in F['type']]: DataOf<F, T> }): Builders<F> =>
  Object.fromEntries(
    Object.entries(defaults).map(([type, data]) => [type, (over = {}) => ({ type, ...(data as object), ...over })]),
  ) as Builders<F>;

export const V1 = '2030-01-01T00:00:00.000Z';
export const V2 = '2030-01-02T00:00:00.000Z';

export const tallyOf = (over: Partial<Tally> = {}): Tally => ({ live: 0, ready: 0, leaving: 0, failed: 0, ...over });

export const offerOf = (over: Partial<NodeOffer> = {}): NodeOffer => ({
  hostname: 'berth-1',
  address: '192.0.2.1',
  cpus: 4,
  mem: 8192,
  disk: 10240,
  gpus: 0,
  portRanges: [[31000, 31999]],
  ...over,
});

export const instance = buildersOf<InstanceFact>({
  InstanceRequested: {
    app: '/shop/web',
    version: V1,
    slot: 0,
    attempt: 1,
    delayMs: 0,
    gated: false,
    owner: 'deployment-d1',
  },
  LaunchDelayReset: {},
  InstancePlaced: {
    node: 'berth-1',
    hostPorts: [31000],
    considered: 7,
    excluded: { mem: 4, constraint: 2 },
    score: 0.5,
  },
  PlacementDeferred: { considered: 7, excluded: { cpus: 7 } },
  InstanceNominated: {
    node: 'berth-1',
    priority: 10,
    victims: [{ instance: '00000000-0000-5000-8000-00000000000a', app: '/shop/crawler', priority: -5 }],
    patienceMs: 60_000,
  },
  NominationLapsed: { node: 'berth-1', why: 'the node takes nothing new' },
  PlacementRevoked: { node: 'berth-1', why: 'cordoned' },
  ContainerStarted: { containerId: 'c1', ipAddresses: ['172.17.0.2'] },
  ImagePullFailed: { image: 'web:1', registry: 'registry.example', status: 401, message: 'unauthorized' },
  ImageMissing: { image: 'web:1', message: 'no such image' },
  PortTaken: { port: 31000, message: 'port is already allocated' },
  CommandNotFound: { command: 'serve', message: 'not found' },
  ArtifactFetchFailed: { uri: 'https://files.example/a.tgz', message: '404' },
  StartRejected: { message: 'no such user' },
  ContainerExited: { exitCode: 3, oom: false },
  PodContainerExited: { name: 'init', exitCode: 0, oom: false },
  ContainerVanished: { node: 'berth-1' },
  InstanceBecameReady: {},
  InstanceBecameUnhealthy: { probe: 'http-0', failures: 3, cause: 'HTTP 503' },
  InstanceBecameHealthy: { probe: 'http-0' },
  InstanceStopRequested: {
    reason: 'scaled down',
    signal: 'SIGTERM',
    drainMs: 0,
    killAt: 1_893_456_010_000,
  },
  InstanceCancelled: { reason: 'scaled down' },
  InstanceBecameUnreachable: {
    node: 'berth-1',
    inactiveAfterMs: 60_000,
    expungeAfterMs: 600_000,
  },
  InstanceBecameReachable: { node: 'berth-1' },
  InstanceLost: { node: 'berth-1', why: 'node removed' },
});

export const node = buildersOf<NodeFact>({
  NodeRegistered: {
    endpoint: { kind: 'docker', socket: '/var/run/docker.sock' },
    offer: offerOf(),
    attributes: { rack: 'a' },
    roles: ['*'],
    region: 'north',
    zone: 'north-1',
    warnings: [],
  },
  NodeOfferChanged: { offer: offerOf({ cpus: 8 }), warnings: ['no memory limits'] },
  NodeOversubscribed: { oversubscribe: { cpus: 2 } },
  NodeBecameUnreachable: { reason: 'connection refused', failures: 3 },
  NodeReturned: {},
  NodeBecameFlapping: { losses: 3, withinMs: 600_000, steadyMs: 300_000 },
  NodeCordoned: { reason: 'kernel update' },
  NodeUncordoned: {},
  ResourcesReserved: { role: 'dev', amounts: { cpus: 2, mem: 1024 } },
  ResourcesUnreserved: { role: 'dev', amounts: { cpus: 1 } },
  NodeRemoved: { reason: 'retired' },
});

export const role = buildersOf<RoleFact>({
  RoleWeightSet: { role: 'dev', weight: 2.5 },
  RoleQuotaSet: { role: 'dev', guarantee: { cpus: 2 }, limit: { cpus: 10, mem: 20_480, gpus: 0 } },
  RoleQuotaRemoved: { role: 'dev' },
});

export const app = buildersOf<AppFact>({
  AppVersionAdded: {
    app: '/shop/web',
    version: V1,
    configVersion: V1,
    definition: definitionOf(),
    reason: 'create',
  },
  DeploymentBegan: {
    deployment: 'd1',
    strategy: 'rolling.v1',
    from: {},
    to: { version: V1, configVersion: V1, instances: 3 },
    minimumHealthCapacity: 1,
    maximumOverCapacity: 1,
    retire: [],
  },
  AutoscaleDecided: {
    from: 3,
    to: 5,
    because: 'cpu 82 % of 50 % wanted: 3 → 5',
    readings: [{ metric: 'cpu', target: 0.5, value: 0.82, instances: 3 }],
  },
  AutoscaleDeferred: { from: 3, to: 5, because: 'cpu 82 % of 50 % wanted: 3 → 5', deployment: 'd1' },
  DeploymentStopped: { deployment: 'd0', slots: { v1: 2 } },
  DeploymentTurnCame: { deployment: 'd1' },
  DeploymentEnded: { deployment: 'd1', outcome: 'succeeded', slots: { [V1]: 3 } },
  AppDestroyed: { app: '/shop/web' },
});

export const deployment = buildersOf<DeploymentFact>({
  DeploymentStarted: {
    app: '/shop/web',
    from: { [V1]: 2 },
    to: { version: V2, configVersion: V2, instances: 3 },
    previous: { version: V1, configVersion: V1, instances: 2 },
    minimumHealthCapacity: 1,
    maximumOverCapacity: 1,
    retire: [],
  },
  SlotsChanged: { tallies: { [V1]: tallyOf({ live: 2, ready: 2 }) } },
  TargetChanged: { instances: 1 },
  DeploymentCancelled: { reason: 'superseded' },
  DeploymentAborted: { reason: 'the operator asked' },
  DeploymentPaused: { reason: 'lunch', at: 1000 },
  DeploymentResumed: { pausedMs: 5000 },
  DeploymentApproved: { comment: 'looks good' },
  WinnerChosen: { winner: 'new', reason: 'more sales' },
  TrafficShifted: { weights: { [V1]: 95, [V2]: 5 } },
  GatesPassed: { readings: [{ gate: 'errors', atMs: 60_000, value: 0.001, samples: 500, baseline: 0.002 }] },
  GateFailed: { gate: 'errors', reason: '0.2 is more than 0.01', readings: [{ gate: 'errors', atMs: 10_000, value: 0.2, samples: 100 }] },
  HookSucceeded: { hook: 'before', instance: 'h1' },
  HookFailed: { hook: 'after', instance: 'h2', reason: 'exited with 1' },
  ProgressStalled: { progressBy: 600_000 },
  AppReleased: {},
});

const STEPS = [
  { actions: [{ action: 'Start', kind: 'app', id: '/shop/web' }] },
  { actions: [{ action: 'Scale', kind: 'app', id: '/shop/web' }] },
] as const;

export const group = buildersOf<GroupFact>({
  GroupsChanged: { version: V1, put: [{ id: '/shop', dependencies: ['/base'] }], removed: [] },
  MembersClaimed: { version: V1, members: [{ id: '/shop/web', kind: 'app', dependencies: ['/base/db'] }] },
  MembersReleased: { ids: ['/shop/web'] },
  GroupDeploymentBegan: { deployment: 'p1', group: '/shop', version: V1, force: false, steps: STEPS, supersedes: [] },
  MemberChangePlanned: { deployment: 'p1', id: '/shop/web', kind: 'app', definition: definitionOf(), reason: 'create' },
  GroupDeploymentEnded: { deployment: 'p1', outcome: 'succeeded' },
});

export const plan = buildersOf<PlanFact>({
  PlanStarted: { group: '/shop', version: V1, steps: STEPS },
  MembersHeld: {},
  StepCompleted: { step: 0 },
  PlanCancelled: { reason: 'superseded by p2' },
  PlanReleased: {},
});

export const rebalance = buildersOf<RebalanceFact>({
  RebalanceBegan: {
    goal: 'spread',
    nodes: [],
    moves: [
      { instance: 'i1', app: '/shop/web', version: V1, slot: 0, from: 'n1', to: 'n2', wave: 0, cost: 1.5, gain: 0.25, startMs: 30_000 },
      { instance: 'i2', app: '/shop/web', version: V1, slot: 1, from: 'n1', to: 'n3', wave: 1, cost: 1, gain: 0.1 },
    ],
    cost: 2.5,
    before: 0.5,
    after: 0.15,
  },
  MoveCompleted: { move: 0, instance: 'i3', node: 'n2' },
  MoveSkipped: { move: 0, because: 'a deployment moves its app' },
  RebalanceAborted: { reason: 'asked for' },
});

export const request = buildersOf<RequestFact>({
  RequestReceived: {
    command: 'DeployApp',
    subject: 'app-/shop/web',
    body: { id: '/shop/web', env: { TOKEN: 's3cret' } },
    outcome: { kind: 'accepted' },
  },
});

export const lease = buildersOf<LeaseFact>({ LeaseTaken: { term: 1, holder: 'engine-1' } });

export const strategy = buildersOf<StrategyFact>({
  StrategyRegistered: {
    id: 'tide.v1',
    name: 'tide',
    version: 1,
    description: 'With the tide.',
    sha256: 'a'.repeat(64),
    source: 'export default 1;',
    file: 'tide.ts',
    explored: { instances: 3, faults: 1, states: 812 },
  },
});

export const retention = buildersOf<RetentionFact>({
  RetentionPolicySet: { noun: 'instance', keepDays: 30 },
  RetentionPolicyCleared: { noun: 'instance' },
  StreamsArchived: {
    file: 'archive-000000000812-aaaaaaaaaaaa.jsonl.zst',
    sha256: 'a'.repeat(64),
    streams: 2,
    facts: 9,
    upTo: 812,
    nouns: { instance: 1, request: 1 },
    attempts: { '/shop/web': { [V1]: { 0: 3 } } },
  },
  SubjectShredded: {
    subject: 'app:/shop/web',
    key: '00112233aabbccdd',
    hidden: { 'AppVersionAdded definition.env': 2, 'RequestReceived body': 1 },
  },
});

export const timerElapsed = (over: Partial<TimerElapsed> = {}): TimerElapsed => ({
  type: 'TimerElapsed',
  node: 'draining',
  entryRevision: 4,
  timer: 'drain',
  ...over,
});

const factOf = <F extends Fact>(fact: F): Fact => fact;

const removal = (from: Readonly<Record<string, number>>): DeploymentFact => {
  const { to: _, previous: __, ...rest } = deployment.DeploymentStarted({ from });
  return rest;
};

/** What the facts of a pod's instance say besides, written since there are pods. */
export const ofPods: readonly InstanceFact[] = [
  instance.ContainerStarted({
    containers: [
      { name: 'web', id: 'c2' },
      { name: 'logs', id: '' },
    ],
  }),
  instance.ContainerExited({
    containers: [
      { name: 'web', exitCode: 3, oom: false },
      { name: 'logs', signal: 'SIGTERM', oom: false },
    ],
  }),
];

const HOOK = { cmd: './migrate' };
const GATE = { kind: 'http', name: 'front page', path: '/' };

/** Ways to be deployed that lead through each state of each built-in strategy; what one takes no other does. */
export const policies = [
  { before: HOOK, after: HOOK, maxFailures: 2, deadlineSeconds: 600, progressDeadlineSeconds: 60, healthyDeadlineSeconds: 30 },
  { strategy: 'rolling', parameters: { batchSize: 1, approveAfter: [1], pauseSeconds: 5 }, approvalDeadlineSeconds: 60, after: HOOK },
  { strategy: 'bluegreen', parameters: { approve: true, gates: [GATE], bakeSeconds: 5, keepSeconds: 5 }, after: HOOK },
  { strategy: 'canary', parameters: { gates: [GATE], steps: [{ weight: 50, seconds: 5, approve: true }] }, rollback: false, after: HOOK },
  { strategy: 'ab', parameters: { to: { header: 'x-new', equals: '1' }, seconds: 60, atDeadline: 'new' }, after: HOOK },
] as const;

/** Variants of a fact where a guard, a delay or an assignment looks at its data; the rest of a noun's facts come as they are. */
const VARIANTS: Readonly<Record<string, readonly Fact[]>> = {
  instance: [
    instance.InstanceRequested({ gated: true }),
    instance.InstanceRequested({ delayMs: 5_000 }),
    instance.InstanceRequested({ delayMs: 5_000, gated: true, slot: 2, attempt: 3, replaces: 'i0' }),
    instance.InstanceRequested({ gang: { id: 'i1', size: 8 } }),
    instance.PlacementDeferred({ gang: { size: 8, fits: 5 } }),
    instance.InstancePlaced({ node: 'berth-2', hostPorts: [] }),
    instance.InstanceStopRequested({ drainMs: 20_000, signal: 'SIGINT' }),
    factOf<InstanceFact>({ type: 'InstanceBecameUnreachable', node: 'berth-1' }),
    instance.InstanceBecameUnreachable({ inactiveAfterMs: 0, expungeAfterMs: 0 }),
    factOf<InstanceFact>({ type: 'ContainerExited', signal: 'SIGKILL', oom: true }),
    ...ofPods,
  ],
  node: [
    node.NodeRegistered({ endpoint: { kind: 'simulated', seed: 7 }, attributes: {} }),
    node.NodeRegistered({ endpoint: { kind: 'simulated', seed: 7, address: 'unix:/run/hosts.sock' } }),
    node.NodeRegistered({ endpoint: { kind: 'process', root: '/var/lib/wharf' } }),
  ],
  app: [
    app.AppVersionAdded({ version: V2, configVersion: V2, definition: definitionOf({ instances: 5 }), reason: 'change' }),
    app.DeploymentBegan({ deployment: 'd2', from: { [V1]: 3 }, supersedes: 'd1' }),
    app.DeploymentBegan({ deployment: 'd3', from: { [V1]: 3 }, partOf: 'p1' }),
    app.DeploymentEnded({ outcome: 'cancelled', slots: { [V1]: 1, [V2]: 2 } }),
  ],
  deployment: [
    ...policies.map((policy) => deployment.DeploymentStarted({ policy: deploymentPolicy.parse(policy) })),
    deployment.DeploymentStarted({ from: {}, policy: deploymentPolicy.parse({ before: HOOK }) }),
    deployment.HookSucceeded({ hook: 'after' }),
    deployment.WinnerChosen({ winner: 'old' }),
    deployment.SlotsChanged({ tallies: { [V1]: tallyOf({ live: 2, ready: 2 }), [V2]: tallyOf({ live: 3, ready: 3 }) } }),
    deployment.SlotsChanged({
      tallies: { [V1]: tallyOf({ live: 2, ready: 2 }), [V2]: tallyOf({ live: 2, ready: 1, failed: 9, late: 1 }) },
    }),
    deployment.DeploymentStarted({ from: {}, minimumHealthCapacity: 0.5, maximumOverCapacity: 0 }),
    deployment.DeploymentStarted({ from: { [V1]: 1, [V2]: 1 }, retire: ['i1'] }),
    removal({ [V1]: 1 }),
    deployment.SlotsChanged({ tallies: {} }),
    deployment.SlotsChanged({
      tallies: { [V1]: tallyOf({ live: 1, ready: 1, leaving: 1 }), [V2]: tallyOf({ live: 2, ready: 1, failed: 1 }) },
    }),
    deployment.SlotsChanged({ tallies: { [V2]: tallyOf({ live: 3, ready: 3 }) } }),
    deployment.SlotsChanged({ tallies: { [V2]: tallyOf({ live: 1, ready: 1 }) } }),
  ],
  group: [
    group.GroupsChanged({ version: V2, put: [{ id: '/shop', dependencies: [], enforceRole: true }], removed: ['/base'] }),
    group.GroupDeploymentBegan({ deployment: 'p2', version: V2, force: true, supersedes: ['p1'] }),
    group.GroupDeploymentEnded({ deployment: 'p2', outcome: 'cancelled' }),
    factOf<GroupFact>({ type: 'MemberChangePlanned', deployment: 'p1', id: '/shop/web', kind: 'app', reason: 'change' }),
  ],
  plan: [plan.StepCompleted({ step: 1 })],
  request: [request.RequestReceived({ outcome: { kind: 'refused', code: 'app-locked', message: 'locked' }, body: null })],
  lease: [lease.LeaseTaken({ term: 2, holder: 'engine-2' })],
  rebalance: [rebalance.MoveCompleted({ move: 1 }), rebalance.MoveSkipped({ move: 1 })],
  retention: [retention.RetentionPolicySet({ noun: 'request', keepDays: 0 })],
  role: [role.RoleWeightSet({ role: 'ops', weight: 1 })],
  strategy: [strategy.StrategyRegistered({ id: 'tide.v2', version: 2, sha256: 'b'.repeat(64) })],
};

export const builders: Readonly<Record<string, Readonly<Record<string, () => Fact>>>> = {
  instance,
  node,
  app,
  group,
  plan,
  deployment,
  request,
  lease,
  strategy,
  retention,
  rebalance,
  role,
};

/** One sample of every fact of a noun, and its variants. */
export const samplesOf = (noun: string, chart?: string): readonly Fact[] => [
  ...Object.values(builders[noun] ?? {}).map((build) => build()),
  ...(VARIANTS[noun] ?? []).filter((fact) => chart === undefined || isFor(fact as { policy?: { strategy?: string } }, chart)),
];

/** A deployment by one strategy is no sample for another one's chart. */
export const isFor = ({ policy }: { readonly policy?: { readonly strategy?: string | undefined } }, chart: string): boolean =>
  policy?.strategy === undefined || chart.startsWith(`${policy.strategy}.`);
