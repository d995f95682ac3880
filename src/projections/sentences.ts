import type { AppFact } from '../domain/app/app.facts.ts';
import type { DeploymentFact } from '../domain/deployment/deployment.facts.ts';
import { appOfHook, hookOf, isHookApp } from '../domain/deployment/hookApp.ts';
import type { GroupFact } from '../domain/group/group.facts.ts';
import type { InstanceFact } from '../domain/instance/instance.facts.ts';
import { amountsText } from '../domain/kernel/amounts.ts';
import type { TimerElapsed } from '../domain/kernel/chart/state.ts';
import { keyOf } from '../domain/kernel/ids.ts';
import type { Fact, Recorded } from '../domain/kernel/recorded.ts';
import type { LeaseFact } from '../domain/lease/lease.ts';
import type { NodeFact } from '../domain/node/node.facts.ts';
import { inWords, isPlain } from '../domain/node/oversubscription.facts.ts';
import type { PlanFact } from '../domain/plan/plan.facts.ts';
import type { RebalanceFact } from '../domain/rebalance/rebalance.facts.ts';
import type { RequestFact } from '../domain/request/request.ts';
import type { RetentionFact } from '../domain/retention/retention.facts.ts';
import type { RoleFact } from '../domain/role/role.facts.ts';
import type { StrategyFact } from '../domain/strategy/strategy.facts.ts';

/** Every fact that there is. A new one without a sentence does not compile. */
type AnyFact =
  | AppFact
  | DeploymentFact
  | GroupFact
  | PlanFact
  | InstanceFact
  | NodeFact
  | RequestFact
  | LeaseFact
  | StrategyFact
  | RetentionFact
  | RebalanceFact
  | RoleFact
  | TimerElapsed;

type Sentences = { readonly [T in AnyFact['type']]: (fact: Extract<AnyFact, { type: T }>, subject: string) => string };

/** A count with its word in the right number. */
const some = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

const slots = (byVersion: Readonly<Record<string, number>>): string => {
  const entries = Object.entries(byVersion);
  return entries.length === 0 ? 'no instances' : entries.map(([version, count]) => `${count} of version ${version}`).join(' and ');
};

const exclusions = (excluded: Readonly<Record<string, number>>): string => {
  const entries = Object.entries(excluded).filter(([, nodes]) => nodes > 0);
  return entries.length === 0 ? '' : ` (${entries.map(([why, nodes]) => `${why} ruled out ${some(nodes, 'node')}`).join(', ')})`;
};

type End = { readonly oom: boolean; readonly exitCode?: number | undefined; readonly signal?: string | undefined };

const ended = ({ exitCode, signal, oom }: End): string => {
  if (oom) return 'was killed by the kernel: out of memory';
  if (signal !== undefined) return `was ended by ${signal}`;
  return `exited${exitCode === undefined ? '' : ` with code ${exitCode}`}`;
};

const CHANGES: Readonly<Record<Extract<AppFact, { type: 'AppVersionAdded' }>['reason'], string>> = {
  create: 'was created',
  change: 'was changed',
  scale: 'was scaled',
  restart: 'was asked to restart',
  rollback: 'was rolled back',
};

/** One function per fact: what happened, to whom, and why, in words that someone on call can use. */
export const sentences: Sentences = {
  AppVersionAdded: ({ app, version, definition, reason, because }) =>
    `App ${app} ${CHANGES[reason]}: version ${version} with ${some(definition.instances, 'instance')}${because === undefined ? '' : `, because ${because}`}.`,
  AutoscaleDecided: ({ because }, app) => `App ${app} was scaled by its policy: ${because}.`,
  AutoscaleDeferred: ({ because, deployment }, app) => `The policy of ${app} waits for deployment ${deployment} to end: ${because}.`,
  DeploymentBegan: ({ deployment, strategy, from, to, supersedes }, app) =>
    `Deployment ${deployment} took the lock of ${app}${supersedes === undefined ? '' : ` over from ${supersedes}`}: ${
      to === undefined ? 'to remove it' : `from ${slots(from)} to ${some(to.instances, 'instance')} of version ${to.version}`
    }, by ${strategy}.`,
  DeploymentEnded: ({ deployment, outcome, slots: left }, app) => `Deployment ${deployment} of ${app} ${outcome}, leaving ${slots(left)}.`,
  DeploymentStopped: ({ deployment }, app) => `Deployment ${deployment} has stopped; ${app} keeps what it left until the plan comes to it.`,
  DeploymentTurnCame: ({ deployment }, app) => `The plan has come to ${app}: deployment ${deployment} may move it.`,
  AppDestroyed: ({ app }) => `App ${app} was removed.`,

  DeploymentStarted: ({ app, to }, id) =>
    `Deployment ${id} started to ${to === undefined ? `remove ${app}` : `move ${app} to ${some(to.instances, 'instance')} of version ${to.version}`}.`,
  SlotsChanged: ({ tallies }, id) => {
    const seen = Object.entries(tallies).map(
      ([version, { live, ready, leaving, failed }]) =>
        `version ${version} has ${live} live (${ready} ready)${leaving > 0 ? `, ${leaving} leaving` : ''}${failed > 0 ? `, ${failed} failed so far` : ''}`,
    );
    return `Deployment ${id} saw: ${seen.length === 0 ? 'no instances' : seen.join('; ')}.`;
  },
  TargetChanged: ({ instances }, id) => `Deployment ${id} is to reach ${some(instances, 'instance')} now.`,
  DeploymentCancelled: ({ reason }, id) => `Deployment ${id} was cancelled: ${reason}.`,
  DeploymentAborted: ({ reason }, id) => `Deployment ${id} goes back to what was there before: ${reason}.`,
  DeploymentPaused: ({ reason }, id) => `Deployment ${id} was paused: ${reason}.`,
  DeploymentResumed: ({ pausedMs }, id) => `Deployment ${id} went on after a pause of ${Math.round(pausedMs / 1000)} s.`,
  DeploymentApproved: ({ comment }, id) => `Deployment ${id} was approved${comment === undefined ? '' : `: ${comment}`}.`,
  WinnerChosen: ({ winner, reason }, id) => `Of the versions that deployment ${id} tries, the ${winner} one won: ${reason}.`,
  TrafficShifted: ({ weights }, id) => {
    const shares = Object.entries(weights).map(([version, weight]) => `${weight} to ${version}`);
    return `New requests go ${shares.length === 0 ? 'to all alike' : `by weight: ${shares.join(', ')}`} for deployment ${id}.`;
  },
  GatesPassed: ({ readings }, id) => `Deployment ${id} passed its gates after ${some(readings.length, 'reading')}.`,
  GateFailed: ({ gate, reason }, id) => `Deployment ${id} failed at gate '${gate}': ${reason}.`,
  HookSucceeded: ({ hook, instance }, id) => `The command that runs ${hook} deployment ${id} succeeded (instance ${instance}).`,
  HookFailed: ({ hook, instance, reason }, id) =>
    `The command that runs ${hook} deployment ${id} failed (instance ${instance}): ${reason}.`,
  ProgressStalled: (_, id) => `Nothing became ready for too long in deployment ${id}.`,
  AppReleased: (_, id) => `Deployment ${id} gave the lock back.`,

  GroupsChanged: ({ version, put, removed }) =>
    `The groups were changed to version ${version}: ${some(put.length, 'group')} set${removed.length === 0 ? '' : `, removed ${removed.join(', ')}`}.`,
  MembersClaimed: ({ members }) => `Taken in the tree of groups: ${members.map(({ id, kind }) => `${id} (${kind})`).join(', ')}.`,
  MembersReleased: ({ ids }) => `Free again in the tree of groups: ${ids.join(', ')}.`,
  GroupDeploymentBegan: ({ deployment, group, version, steps, supersedes }) =>
    `Plan ${deployment} began to move ${group} to version ${version} in ${some(steps.length, 'step')}${
      supersedes.length === 0 ? '' : `, taking over from ${supersedes.join(', ')}`
    }.`,
  MemberChangePlanned: ({ deployment, id, definition, reason }) =>
    `Plan ${deployment} is to ${definition === undefined ? `remove ${id}` : `move ${id} to ${some(definition.instances, 'instance')} (${reason})`}.`,
  GroupDeploymentEnded: ({ deployment, outcome }) => `Plan ${deployment} ${outcome}.`,

  PlanStarted: ({ group, steps }, id) => `Plan ${id} of ${group} started: ${some(steps.length, 'step')}.`,
  MembersHeld: (_, id) => `Plan ${id} holds the lock of all that it moves.`,
  StepCompleted: ({ step }, id) => `Plan ${id} completed step ${step + 1}.`,
  PlanCancelled: ({ reason }, id) => `Plan ${id} was cancelled: ${reason}.`,
  RebalanceBegan: ({ goal, nodes, moves, before, after }, id) =>
    `Rebalance ${id} began, to ${goal}${goal === 'empty' ? ` ${nodes.join(', ')}` : ''}: ${some(moves.length, 'move')}, score ${before} to ${after}.`,
  MoveCompleted: ({ move, instance, node }, id) => `Move ${move + 1} of rebalance ${id} is done: ${instance} is ready on ${node}.`,
  MoveSkipped: ({ move, because }, id) => `Move ${move + 1} of rebalance ${id} was skipped: ${because}.`,
  RebalanceAborted: ({ reason }, id) => `Rebalance ${id} was aborted: ${reason}.`,

  PlanReleased: (_, id) => `Plan ${id} gave the lock back.`,

  InstanceRequested: ({ app, version, slot, attempt, delayMs, replaces }, id) =>
    `Instance ${id} was requested ${
      isHookApp(app) ? `to run the command ${hookOf(app)} a deployment of ${appOfHook(app)}` : `for slot ${slot} of ${app}`
    }, version ${version}, attempt ${isHookApp(app) ? slot + 1 : attempt}${
      replaces === undefined ? '' : `, in place of ${replaces}`
    }${delayMs > 0 ? `; it waits ${seconds(delayMs)} because earlier launches failed` : ''}.`,
  LaunchDelayReset: (_, id) => `The launch delay of instance ${id} was lifted.`,
  InstancePlaced: ({ node, hostPorts, considered, excluded }, id) =>
    `Instance ${id} was placed on node ${node}${hostPorts.length === 0 ? '' : ` with ${hostPorts.length === 1 ? 'port' : 'ports'} ${hostPorts.join(', ')}`}, out of ${some(considered, 'node')}${exclusions(excluded)}.`,
  PlacementDeferred: ({ considered, excluded, gang }, id) =>
    gang !== undefined
      ? `Instance ${id} waits with its gang: ${gang.fits} of ${some(gang.size, 'instance')} would fit now, and they are placed all or none; ${some(considered, 'node')} considered${exclusions(excluded)}.`
      : `No node fits instance ${id} now: ${some(considered, 'node')} considered${exclusions(excluded)}.`,
  InstanceNominated: ({ node, priority, victims }, id) =>
    `${some(victims.length, 'instance')} of lower priority or on the way out (${victims.map(({ instance, app, priority: theirs }) => `${instance} of ${app}, ${theirs}`).join('; ')}) ${victims.length === 1 ? 'leaves' : 'leave'} node ${node} for instance ${id}, which has priority ${priority}; its place there is held.`,
  NominationLapsed: ({ node, why }, id) => `The place that was held on node ${node} for instance ${id} is no use any more: ${why}.`,
  PlacementRevoked: ({ node, why }, id) => `Node ${node} did not take instance ${id}: ${why}.`,
  ContainerStarted: ({ containerId }, id) => `Instance ${id} started as ${containerId}.`,
  ImagePullFailed: ({ image, registry, status, message }, id) =>
    `Instance ${id} could not start: image ${image} was not pulled from ${registry}${status === undefined ? '' : ` (status ${status})`}: ${message}.`,
  ImageMissing: ({ image, message }, id) => `Instance ${id} could not start: there is no image ${image}: ${message}.`,
  PortTaken: ({ port, message }, id) =>
    `Instance ${id} could not start: ${port === undefined ? 'a port' : `port ${port}`} is taken: ${message}.`,
  CommandNotFound: ({ command, message }, id) => `Instance ${id} could not start: command ${command} was not found: ${message}.`,
  ArtifactFetchFailed: ({ uri, message }, id) => `Instance ${id} could not start: ${uri} was not fetched: ${message}.`,
  StartRejected: ({ message }, id) => `Instance ${id} could not start: ${message}.`,
  ContainerExited: (end, id) => `Instance ${id} ${ended(end)}.`,
  PodContainerExited: ({ name, ...end }, id) => `Container ${name} of instance ${id} ${ended(end)}; the others go on.`,
  ContainerVanished: ({ node }, id) => `Node ${node} has no trace of instance ${id}; how it ended is not known.`,
  InstanceBecameReady: (_, id) => `Instance ${id} became ready.`,
  InstanceBecameUnhealthy: ({ probe, failures, cause }, id) =>
    `Instance ${id} became unhealthy: ${probe} failed ${failures} in a row: ${cause}.`,
  InstanceBecameHealthy: ({ probe }, id) => `Instance ${id} became healthy again: ${probe} passes.`,
  InstanceStopRequested: ({ reason, signal, drainMs }, id) =>
    `Instance ${id} is to stop with ${signal}${drainMs > 0 ? ` after ${seconds(drainMs)} out of discovery` : ''}: ${reason}.`,
  InstanceCancelled: ({ reason }, id) => `Instance ${id} was no longer wanted: ${reason}.`,
  InstanceBecameUnreachable: ({ node, inactiveAfterMs }, id) =>
    `Instance ${id} went out of sight with node ${node}; ${
      inactiveAfterMs === undefined ? 'its app waits for the node' : `it is replaced after ${seconds(inactiveAfterMs)}`
    }.`,
  InstanceBecameReachable: ({ node }, id) => `Instance ${id} was seen again on node ${node}.`,
  InstanceLost: ({ node, why }, id) => `Instance ${id} was lost with node ${node}: ${why}.`,

  NodeRegistered: ({ endpoint, offer }, id) =>
    `Node ${id} joined the pool: ${endpoint.kind} on ${offer.hostname}, ${offer.cpus} cpus, ${offer.mem} MiB of memory.`,
  NodeOfferChanged: ({ offer }, id) => `Node ${id} offers ${offer.cpus} cpus and ${offer.mem} MiB of memory now.`,
  NodeOversubscribed: ({ oversubscribe }, id) =>
    isPlain(oversubscribe) ? `Node ${id} lends what it has, once.` : `Node ${id} lends ${inWords(oversubscribe)}.`,
  NodeBecameUnreachable: ({ reason, failures }, id) => `Node ${id} became unreachable after ${some(failures, 'failure')}: ${reason}.`,
  NodeBecameFlapping: ({ losses, withinMs, steadyMs }, id) =>
    `Node ${id} was lost ${losses} times within ${seconds(withinMs)}: it takes nothing new until it has answered for ${seconds(steadyMs)}.`,
  NodeReturned: (_, id) => `Node ${id} answers again.`,
  NodeCordoned: ({ reason }, id) => `Node ${id} takes nothing new: ${reason}.`,
  NodeUncordoned: (_, id) => `Node ${id} takes new instances again.`,
  ResourcesReserved: ({ role, amounts }, id) => `Node ${id} keeps ${amountsText(amounts)} for apps of role ${role}.`,
  ResourcesUnreserved: ({ role, amounts }, id) => `Node ${id} no longer keeps ${amountsText(amounts)} for apps of role ${role}.`,
  NodeRemoved: ({ reason }, id) => `Node ${id} left the pool: ${reason}.`,

  RequestReceived: ({ command, subject, outcome }) =>
    `${command} was asked for of ${keyOf(subject)} and ${outcome.kind === 'accepted' ? 'accepted' : `refused (${outcome.code}): ${outcome.message}`}`.replace(
      /\.?$/,
      '.',
    ),
  StrategyRegistered: ({ id, file, explored, uncheckedBecause }) =>
    `Strategy ${id} was registered from ${file}${
      explored === undefined
        ? ''
        : `, explored up to ${some(explored.instances, 'instance')} and ${some(explored.faults, 'fault')} (${some(explored.states, 'state')})`
    }${uncheckedBecause === undefined ? '' : `, unchecked: ${uncheckedBecause}`}.`,
  RetentionPolicySet: ({ noun, keepDays }) => `Streams of ${noun} may be archived ${some(keepDays, 'day')} after they end.`,
  RetentionPolicyCleared: ({ noun }) => `Streams of ${noun} are no longer archived.`,
  StreamsArchived: ({ streams, facts, file }) =>
    `${some(streams, 'ended stream')} with ${some(facts, 'fact')} went into the archive ${file}.`,
  SubjectShredded: ({ subject, hidden }) =>
    `The key of ${subject} was destroyed: ${Object.entries(hidden)
      .map(([field, count]) => `${some(count, 'value')} of ${field}`)
      .join(', ')} can't be read any more.`,
  RoleWeightSet: ({ role, weight }) => `Role ${role} has weight ${weight} where there is not enough for all.`,
  RoleQuotaSet: ({ role, guarantee, limit }) =>
    `Role ${role} is promised ${amountsText(guarantee)} of the pool, and may hold ${Object.keys(limit).length === 0 ? 'whatever is free' : `at most ${amountsText(limit, true)}`}.`,
  RoleQuotaRemoved: ({ role }) => `Role ${role} is promised nothing any more, and may hold whatever is free.`,
  LeaseTaken: ({ term, holder }) => `${holder} took the lead for term ${term}.`,
  TimerElapsed: ({ node }, subject) => `The wait of ${subject} in '${node}' was over.`,
};

/** @throws Error for a fact that this version does not know. */
export const sentenceOf = ({ stream, fact }: Pick<Recorded<Fact>, 'stream' | 'fact'>): string => {
  const sentence = (sentences as Readonly<Record<string, (fact: never, subject: string) => string>>)[fact.type];
  if (sentence === undefined) throw new Error(`no sentence for fact '${fact.type}'`);
  return sentence(fact as never, keyOf(stream)).replace(/\.\.$/, '.');
};
