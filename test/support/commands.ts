import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import type { DeploymentCommand } from '../../src/domain/deployment/deployment.commands.ts';
import { deploymentPolicy } from '../../src/domain/deployment/policy.facts.ts';
import type { GroupCommand } from '../../src/domain/group/group.commands.ts';
import type { InstanceCommand } from '../../src/domain/instance/instance.commands.ts';
import type { Command, ElapseTimer } from '../../src/domain/kernel/decider.ts';
import type { LeaseCommand } from '../../src/domain/lease/lease.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { PlanCommand } from '../../src/domain/plan/plan.commands.ts';
import type { RebalanceCommand } from '../../src/domain/rebalance/rebalance.commands.ts';
import type { RequestCommand } from '../../src/domain/request/request.ts';
import type { RetentionCommand } from '../../src/domain/retention/retention.commands.ts';
import type { RoleCommand } from '../../src/domain/role/role.commands.ts';
import type { StrategyCommand } from '../../src/domain/strategy/strategy.commands.ts';
import { definitionOf } from './definitions.ts';
import {
  deployment,
  group,
  instance,
  isFor,
  node,
  offerOf,
  plan,
  policies,
  rebalance,
  request,
  retention,
  role,
  strategy,
  tallyOf,
  V1,
  V2,
} from './facts.ts';
import { type AnyState, strayTimersOf, timersOf } from './walk.ts';

/* Every command of every noun, with variants, as they may be asked in a state. Types make sure that none is left out. */

type Asked<Cmd extends Command> = { readonly [T in Cmd['type']]: readonly Extract<Cmd, { type: T }>[] } & {
  readonly ElapseTimer: readonly ElapseTimer[];
};

const elapse = (state: AnyState): readonly ElapseTimer[] =>
  [...timersOf(state), ...strayTimersOf(state)].map(({ node, entryRevision, timer }) => ({
    type: 'ElapseTimer',
    node,
    entryRevision,
    timer,
  }));

const instanceCommands = (state: AnyState): Asked<InstanceCommand> => {
  // An outcome answers an entry: the current one, and one that is past.
  const entries = [state.active.at(-1)?.revision ?? 0, -7];
  const answering = <T extends object>(data: T): (T & { entryRevision: number })[] =>
    entries.map((entryRevision) => ({ ...data, entryRevision }));
  const reports = <T extends InstanceCommand['type']>(type: T, fact: { readonly type: string }) => ({ ...fact, type });
  return {
    RequestInstance: [
      reports('RequestInstance', instance.InstanceRequested()) as never,
      reports('RequestInstance', instance.InstanceRequested({ delayMs: 5_000, gated: true })) as never,
      reports('RequestInstance', instance.InstanceRequested({ gated: true })) as never,
    ],
    ResetLaunchDelay: [{ type: 'ResetLaunchDelay' }],
    PlaceInstance: answering(reports('PlaceInstance', instance.InstancePlaced()) as never),
    DeferPlacement: [
      ...answering(reports('DeferPlacement', instance.PlacementDeferred()) as never),
      ...answering(reports('DeferPlacement', instance.PlacementDeferred({ excluded: { mem: 7 } })) as never),
    ],
    NominateInstance: answering(reports('NominateInstance', instance.InstanceNominated()) as never),
    LapseNomination: answering(reports('LapseNomination', instance.NominationLapsed()) as never),
    RevokePlacement: answering(reports('RevokePlacement', instance.PlacementRevoked()) as never),
    ReportContainerStarted: answering(reports('ReportContainerStarted', instance.ContainerStarted()) as never),
    ReportStartFailed: answering({
      type: 'ReportStartFailed' as const,
      fault: { _tag: 'PortTaken' as const, port: 31000, message: 'port is already allocated' },
    }),
    ReportContainerExited: [
      { type: 'ReportContainerExited', exitCode: 0, oom: false },
      { type: 'ReportContainerExited', signal: 'SIGKILL', oom: true },
    ],
    ReportPodContainerExited: [
      { type: 'ReportPodContainerExited', name: 'init', exitCode: 0, oom: false },
      { type: 'ReportPodContainerExited', name: 'logs', signal: 'SIGTERM', oom: false },
    ],
    ReportContainerGone: [
      { type: 'ReportContainerGone', node: 'berth-1' },
      { type: 'ReportContainerGone', node: 'berth-9' },
    ],
    ReportContainerFound: [
      { type: 'ReportContainerFound', node: 'berth-1', containerId: 'c1', ipAddresses: [] },
      { type: 'ReportContainerFound', node: 'berth-9', containerId: 'c1', ipAddresses: [] },
    ],
    ReportReady: [{ type: 'ReportReady' }],
    ReportUnhealthy: [{ type: 'ReportUnhealthy', probe: 'http-0', failures: 3, cause: 'HTTP 503' }],
    ReportHealthy: [{ type: 'ReportHealthy', probe: 'http-0' }],
    StopInstance: [
      { type: 'StopInstance', reason: 'scaled down', signal: 'SIGTERM', drainMs: 0, graceMs: 10_000 },
      { type: 'StopInstance', reason: 'scaled down', signal: 'SIGTERM', drainMs: 5_000, graceMs: 10_000 },
    ],
    ReportNodeUnreachable: [
      { type: 'ReportNodeUnreachable', node: 'berth-1' },
      { type: 'ReportNodeUnreachable', node: 'berth-1', inactiveAfterMs: 60_000, expungeAfterMs: 600_000 },
      { type: 'ReportNodeUnreachable', node: 'berth-9' },
    ],
    ReportNodeGone: [
      { type: 'ReportNodeGone', node: 'berth-1', why: 'removed' },
      { type: 'ReportNodeGone', node: 'berth-9', why: 'removed' },
    ],
    ElapseTimer: elapse(state),
  };
};

const nodeCommands = (state: AnyState): Asked<NodeCommand> => ({
  RegisterNode: [
    { ...node.NodeRegistered(), type: 'RegisterNode' },
    { ...node.NodeRegistered({ attributes: { rack: 'b' } }), type: 'RegisterNode' },
  ],
  ReportNodeOffer: [
    { type: 'ReportNodeOffer', offer: offerOf(), warnings: [] },
    { type: 'ReportNodeOffer', offer: offerOf({ mem: 4096 }), warnings: ['half the memory'] },
  ],
  OversubscribeNode: [
    { type: 'OversubscribeNode', oversubscribe: { cpus: 2 } },
    { type: 'OversubscribeNode', oversubscribe: {} },
  ],
  ReportNodeSilent: [{ type: 'ReportNodeSilent', reason: 'timeout', failures: 3 }],
  ReportNodeAnswering: [{ type: 'ReportNodeAnswering' }],
  ReportNodeFlapping: [{ type: 'ReportNodeFlapping', losses: 3, withinMs: 600_000, steadyMs: 300_000 }],
  CordonNode: [{ type: 'CordonNode', reason: 'kernel update' }],
  UncordonNode: [{ type: 'UncordonNode' }],
  SetReservation: [
    { type: 'SetReservation', role: 'dev', from: {}, to: { cpus: 2, mem: 1024 } },
    { type: 'SetReservation', role: 'dev', from: { cpus: 2, mem: 1024 }, to: { cpus: 1 } },
    { type: 'SetReservation', role: 'dev', from: { cpus: 1 }, to: {} },
    { type: 'SetReservation', role: 'ops', from: {}, to: { cpus: 1000 } },
  ],
  RemoveNode: [{ type: 'RemoveNode', reason: 'retired' }],
  ElapseTimer: elapse(state),
});

const roleCommands = (state: AnyState): Asked<RoleCommand> => {
  const { type: _, ...quota } = role.RoleQuotaSet();
  return {
    SetRoleWeights: [
      { type: 'SetRoleWeights', weights: [{ role: 'dev', weight: 2.5 }] },
      {
        type: 'SetRoleWeights',
        weights: [
          { role: 'dev', weight: 1 },
          { role: 'ops', weight: 3 },
        ],
      },
    ],
    SetRoleQuotas: [
      { type: 'SetRoleQuotas', quotas: [quota] },
      { type: 'SetRoleQuotas', quotas: [{ role: 'dev', guarantee: {}, limit: {} }] },
    ],
    RemoveRoleQuota: [
      { type: 'RemoveRoleQuota', role: 'dev' },
      { type: 'RemoveRoleQuota', role: 'ops' },
    ],
    ElapseTimer: elapse(state),
  };
};

const appCommands = (state: AnyState): Asked<AppCommand> => {
  const { deployment: began } = state.context as { deployment?: { deployment: string } };
  const current = began?.deployment ?? 'none';
  const deploy = {
    type: 'DeployApp',
    definition: definitionOf(),
    reason: 'create',
    deployment: 'd1',
    mode: 'either',
    force: false,
  } as const;
  return {
    DeployApp: [
      deploy,
      { ...deploy, mode: 'create', deployment: 'd2' },
      { ...deploy, mode: 'change', deployment: 'd3', reason: 'scale', definition: definitionOf({ instances: 5 }) },
      { ...deploy, deployment: 'd4', force: true, definition: definitionOf({ cmd: 'serve --new' }) },
      { ...deploy, deployment: 'd12', force: true, partOf: { plan: 'p1', at: 1_000 } },
      { ...deploy, deployment: 'd5', basedOn: '2001-01-01T00:00:00.000Z' },
    ],
    BeginHeldDeployment: [
      { type: 'BeginHeldDeployment', deployment: current },
      { type: 'BeginHeldDeployment', deployment: 'another' },
    ],
    AutoscaleApp: [5, 0].map((instances) => ({
      type: 'AutoscaleApp',
      instances,
      because: 'cpu 82 % of 50 % wanted',
      readings: [],
      basedOn: V1,
      deployment: 'd13',
    })),
    RestartApp: [{ type: 'RestartApp', deployment: 'd6', force: true }],
    DestroyApp: [
      { type: 'DestroyApp', deployment: 'd7', force: true },
      { type: 'DestroyApp', deployment: 'd8', force: false },
    ],
    RevertDeployment: [
      { type: 'RevertDeployment', reverts: current, deployment: 'd9' },
      {
        type: 'RevertDeployment',
        reverts: current,
        deployment: 'd10',
        definition: definitionOf(),
        previous: { version: V1, configVersion: V1, instances: 3 },
      },
    ],
    ReportDeploymentEnded: [
      { type: 'ReportDeploymentEnded', deployment: current, outcome: 'succeeded', slots: { [V1]: 3 } },
      { type: 'ReportDeploymentEnded', deployment: current, outcome: 'cancelled', slots: { [V1]: 1 } },
      { type: 'ReportDeploymentEnded', deployment: 'd0', outcome: 'succeeded', slots: {} },
    ],
    ElapseTimer: elapse(state),
  };
};

const deploymentCommands =
  (strategy: string) =>
  (state: AnyState): Asked<DeploymentCommand> => {
    const { to: _, previous: __, ...removal } = deployment.DeploymentStarted();
    const starts =
      strategy === 'removal.v1'
        ? [removal]
        : [
            deployment.DeploymentStarted(),
            deployment.DeploymentStarted({ from: {} }),
            ...policies
              .filter((policy) => isFor({ policy: deploymentPolicy.parse(policy) }, strategy))
              .map((policy) => deployment.DeploymentStarted({ policy: deploymentPolicy.parse(policy) })),
          ];
    return {
      BeginDeployment: starts.map((start) => ({ ...start, type: 'BeginDeployment', strategy })),
      ReportSlots: [
        { type: 'ReportSlots', tallies: {} },
        { type: 'ReportSlots', tallies: { [V1]: tallyOf({ live: 2, ready: 2 }) } },
        { type: 'ReportSlots', tallies: { [V1]: tallyOf({ live: 1, leaving: 1 }), [V2]: tallyOf({ live: 2, ready: 1 }) } },
        { type: 'ReportSlots', tallies: { [V2]: tallyOf({ live: 3, ready: 3 }) } },
        { type: 'ReportSlots', tallies: { [V1]: tallyOf({ live: 2, ready: 2 }), [V2]: tallyOf({ live: 3, ready: 3 }) } },
      ],
      ChangeTarget: [
        { type: 'ChangeTarget', instances: 3 },
        { type: 'ChangeTarget', instances: 1 },
      ],
      CancelDeployment: [{ type: 'CancelDeployment', reason: 'superseded' }],
      AbortDeployment: [{ type: 'AbortDeployment', reason: 'asked' }],
      PauseDeployment: [{ type: 'PauseDeployment', reason: 'lunch' }],
      ResumeDeployment: [{ type: 'ResumeDeployment' }],
      ApproveDeployment: [{ type: 'ApproveDeployment', comment: 'looks good' }],
      ChooseWinner: [
        { type: 'ChooseWinner', winner: 'new', reason: 'more sales' },
        { type: 'ChooseWinner', winner: 'old', reason: 'fewer errors' },
      ],
      ReportTrafficShifted: [{ type: 'ReportTrafficShifted', weights: { [V1]: 95, [V2]: 5 } }],
      ReportGatesPassed: [{ type: 'ReportGatesPassed', readings: [] }],
      ReportGateFailed: [{ type: 'ReportGateFailed', gate: 'errors', reason: 'too many', readings: [] }],
      ReportHookEnded: [
        { type: 'ReportHookEnded', hook: 'before', instance: 'h1' },
        { type: 'ReportHookEnded', hook: 'after', instance: 'h1' },
        { type: 'ReportHookEnded', hook: 'after', instance: 'h2', failure: 'exited with 1' },
      ],
      ReportStalled: [{ type: 'ReportStalled', progressBy: 0 }],
      ReportReleased: [{ type: 'ReportReleased' }],
      ElapseTimer: elapse(state),
    };
  };

const groupCommands = (state: AnyState): Asked<GroupCommand> => {
  const { version } = state.context as { version: string };
  const { type: _, ...claimed } = group.MembersClaimed();
  const { type: __, deployment: ___, ...planned } = group.MemberChangePlanned();
  const change = {
    type: 'ChangeGroup',
    group: '/shop',
    put: group.GroupsChanged().put,
    removed: [],
    claims: claimed.members,
    changes: [planned],
    steps: group.GroupDeploymentBegan().steps,
    deployment: 'p1',
    force: false,
    basedOn: version,
  } as const;
  return {
    ChangeGroup: [
      change,
      { ...change, deployment: 'p2', force: true },
      { ...change, deployment: 'p3', basedOn: '2001-01-01T00:00:00.000Z' },
      { ...change, deployment: 'p4', put: [], claims: [], changes: [], steps: [], removed: ['/shop'] },
    ],
    ClaimMembers: [
      { type: 'ClaimMembers', members: claimed.members },
      { type: 'ClaimMembers', members: [{ id: '/shop', kind: 'app', dependencies: [] }] },
      { type: 'ClaimMembers', members: [{ id: '/base/db', kind: 'app', dependencies: ['/shop/web'] }] },
    ],
    ReleaseMembers: [
      { type: 'ReleaseMembers', members: [{ id: '/shop/web', version }] },
      { type: 'ReleaseMembers', members: [{ id: '/shop/web', version: 'another' }] },
    ],
    ReportGroupDeploymentEnded: [
      { type: 'ReportGroupDeploymentEnded', deployment: 'p1', outcome: 'succeeded' },
      { type: 'ReportGroupDeploymentEnded', deployment: 'p2', outcome: 'cancelled' },
    ],
    ElapseTimer: elapse(state),
  };
};

const planCommands = (state: AnyState): Asked<PlanCommand> => ({
  BeginPlan: [{ ...plan.PlanStarted(), type: 'BeginPlan' }],
  ReportMembersHeld: [{ type: 'ReportMembersHeld' }],
  ReportStepCompleted: [
    { type: 'ReportStepCompleted', step: 0 },
    { type: 'ReportStepCompleted', step: 1 },
  ],
  CancelPlan: [{ type: 'CancelPlan', reason: 'superseded' }],
  ReportPlanReleased: [{ type: 'ReportPlanReleased' }],
  ElapseTimer: elapse(state),
});

const requestCommands = (state: AnyState): Asked<RequestCommand> => ({
  RecordRequest: [{ ...request.RequestReceived(), type: 'RecordRequest' }],
  ElapseTimer: elapse(state),
});

const leaseCommands = (state: AnyState): Asked<LeaseCommand> => ({
  TakeLease: [
    { type: 'TakeLease', term: 1, holder: 'engine-1' },
    { type: 'TakeLease', term: 2, holder: 'engine-2' },
    { type: 'TakeLease', term: 0, holder: 'engine-0' },
  ],
  ElapseTimer: elapse(state),
});

const strategyCommands = (state: AnyState): Asked<StrategyCommand> => {
  const { type: _, ...registration } = strategy.StrategyRegistered();
  const register = { type: 'RegisterStrategy', ...registration } as const;
  return {
    RegisterStrategy: [
      register,
      { ...register, sha256: 'c'.repeat(64) },
      { ...register, id: 'tide.v3', version: 3, sha256: 'd'.repeat(64) },
      { ...register, id: 'tide.v2', version: 2 },
    ],
    ElapseTimer: elapse(state),
  };
};

const retentionCommands = (state: AnyState): Asked<RetentionCommand> => ({
  SetRetentionPolicy: [
    { type: 'SetRetentionPolicy', noun: 'instance', keepDays: 30 },
    { type: 'SetRetentionPolicy', noun: 'request', keepDays: 7 },
  ],
  ClearRetentionPolicy: [{ type: 'ClearRetentionPolicy', noun: 'instance' }],
  RecordArchive: [{ ...retention.StreamsArchived(), type: 'RecordArchive' }],
  ShredSubject: [
    { ...retention.SubjectShredded(), type: 'ShredSubject' },
    { type: 'ShredSubject', subject: 'app:/nothing', key: 'none', hidden: {} },
  ],
  ElapseTimer: elapse(state),
});

const rebalanceCommands = (state: AnyState): Asked<RebalanceCommand> => ({
  BeginRebalance: [{ ...rebalance.RebalanceBegan(), type: 'BeginRebalance' }],
  ReportMoveCompleted: [
    { ...rebalance.MoveCompleted(), type: 'ReportMoveCompleted' },
    { ...rebalance.MoveCompleted({ move: 1 }), type: 'ReportMoveCompleted' },
    { ...rebalance.MoveCompleted({ move: 2 }), type: 'ReportMoveCompleted' },
  ],
  ReportMoveSkipped: [
    { ...rebalance.MoveSkipped(), type: 'ReportMoveSkipped' },
    { ...rebalance.MoveSkipped({ move: 1 }), type: 'ReportMoveSkipped' },
  ],
  AbortRebalance: [{ type: 'AbortRebalance', reason: 'asked for' }],
  ElapseTimer: elapse(state),
});

const COMMANDS: Readonly<Record<string, (state: AnyState, chart: string) => Readonly<Record<string, readonly Command[]>>>> = {
  instance: instanceCommands,
  node: nodeCommands,
  app: appCommands,
  group: groupCommands,
  plan: planCommands,
  deployment: (state, chart) => deploymentCommands(chart)(state),
  request: requestCommands,
  lease: leaseCommands,
  strategy: strategyCommands,
  retention: retentionCommands,
  rebalance: rebalanceCommands,
  role: roleCommands,
};

/** Every command of a noun as it may be asked in this state. */
export const commandsOf = (noun: string, chart: string, state: AnyState): readonly Command[] => {
  const asked = COMMANDS[noun];
  if (asked === undefined) throw new Error(`no commands for ${noun}: add them to test/support/commands.ts`);
  return Object.values(asked(state, chart)).flat();
};
