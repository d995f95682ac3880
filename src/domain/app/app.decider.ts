import { either as E } from 'fp-ts';
import type { DeploymentPolicy } from '../deployment/policy.facts.ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { appLocked, type Refusal, refusal } from '../kernel/refusal.ts';
import { same } from '../kernel/same.ts';
import { type Instant, nextVersion } from '../kernel/units.ts';
import { type AppContext, appChart } from './app.chart.ts';
import { appCodec } from './app.codec.ts';
import type { AppCommand, PartOf } from './app.commands.ts';
import { APP, type AppFact, type AppFactOf, type SlotsByVersion, type Target } from './app.facts.ts';
import type { AppDefinition } from './definition/definition.ts';
import { isConfigChange } from './definition/restarts.ts';
import { isPod } from './pod/pod.ts';

type State = ChartState<AppContext>;
const SILENCE: Decision<AppFact> = E.right([]);

const decide = (command: AppCommand, state: State, at: Instant): Decision<AppFact> => {
  switch (command.type) {
    case 'DeployApp':
      return deploy(command, state, at);
    case 'RestartApp': {
      const { definition } = state.context;
      if (definition === undefined) return E.left(missing(state));
      return deploy({ ...command, type: 'DeployApp', definition, reason: 'restart', mode: 'change' }, state, at);
    }
    case 'AutoscaleApp':
      return autoscale(command, state, at);
    case 'DestroyApp':
      return destroy(command, state);
    case 'BeginHeldDeployment':
      return isHeld(state) && runningDeployment(state) === command.deployment
        ? E.right([{ type: 'DeploymentTurnCame', deployment: command.deployment }])
        : SILENCE;
    case 'RevertDeployment':
      return revert(command, state, at);
    case 'ReportDeploymentEnded':
      return ended(command, state, at);
  }
};

type Deploy = Extract<AppCommand, { type: 'DeployApp' }>;

const deploy = (command: Deploy, state: State, at: Instant): Decision<AppFact> => {
  const { context } = state;
  if (context.deployment?.deployment === command.deployment) return SILENCE;
  const retargets = staysOnCourse(command, state);
  const illFounded = modeProblem(command, context) ?? baseProblem(command, context);
  // What runs already moves to this very definition: asked twice, as by a client that lost the answer, it is moved there once.
  if (illFounded === undefined && isThere(command, state, retargets)) return SILENCE;
  const problem = illFounded ?? lockProblem(state, command.force || retargets);
  if (problem !== undefined) return E.left(problem);
  const version = nextVersion(context.target?.version, command.partOf?.at ?? at);
  const isNewConfig =
    context.definition === undefined ||
    command.reason === 'restart' ||
    isConfigChange(context.definition, command.definition, command.restart);
  const configVersion = command.configVersion ?? (isNewConfig || context.target === undefined ? version : context.target.configVersion);
  const added: AppFact = {
    type: 'AppVersionAdded',
    app: command.definition.id,
    version,
    configVersion,
    definition: command.definition,
    reason: command.reason,
    ...(command.because !== undefined && { because: command.because }),
  };
  const to: Target = { version, configVersion, instances: command.definition.instances };
  if (retargets) return E.right([added]);
  return E.right([
    added,
    began(
      state,
      command.deployment,
      isWayBack(command) ? takenBack(command.definition) : command.definition,
      to,
      command.retire ?? [],
      command.partOf,
    ),
  ]);
};

/** A scale like any other, with its reason before it. One that is in nobody's way changes the target of a deployment that runs. */
const autoscale = (command: Extract<AppCommand, { type: 'AutoscaleApp' }>, state: State, at: Instant): Decision<AppFact> => {
  const { definition, target, deferredBy } = state.context;
  const { instances: to, because, readings, basedOn, deployment } = command;
  if (definition?.autoscaling === undefined || target?.version !== basedOn) return SILENCE;
  const from = definition.instances;
  if (from === 0 || from === to) return SILENCE;
  const scaled = { ...definition, instances: to };
  const scale: Deploy = { type: 'DeployApp', definition: scaled, reason: 'scale', deployment, mode: 'change', force: false };
  const facts = deploy(scale, state, at);
  if (E.isRight(facts)) return E.right([{ type: 'AutoscaleDecided', from, to, because, readings: [...readings] }, ...facts.right]);
  const inTheWay = runningDeployment(state);
  // Asked again at each look, until the lock is given back.
  if (inTheWay === undefined || inTheWay === deferredBy) return SILENCE;
  return E.right([{ type: 'AutoscaleDeferred', from, to, because, deployment: inTheWay }]);
};

/** The very definition that is asked for is what runs already, or what is being deployed. */
const isThere = ({ definition, reason, retire = [], partOf }: Deploy, { value, context }: State, retargets: boolean): boolean => {
  const { target, slots } = context;
  if (target === undefined || partOf !== undefined || reason === 'restart' || retire.length > 0 || !same(context.definition, definition))
    return false;
  // After a deployment that was given up something else may be kept than what was wanted.
  const kept = target.instances === 0 ? {} : { [target.configVersion]: target.instances };
  return retargets || (value === 'steady' && same(slots, kept));
};

/**
 * Nothing that replaces instances differs while a deployment to this very configuration runs: it goes on, to the number that is wanted
 * now. How it goes on is settled, though: another `upgradeStrategy` is another deployment.
 */
const staysOnCourse = ({ definition, reason, force, restart, retire = [], partOf }: Deploy, state: State): boolean => {
  const { context } = state;
  const aim = context.deployment?.to;
  return (
    !force &&
    partOf === undefined &&
    reason !== 'restart' &&
    retire.length === 0 &&
    runningDeployment(state) !== undefined &&
    aim !== undefined &&
    aim.configVersion === context.target?.configVersion &&
    context.definition !== undefined &&
    !isConfigChange(context.definition, definition, restart) &&
    same(context.definition.upgradeStrategy, definition.upgradeStrategy) &&
    same(context.definition.deployment, definition.deployment)
  );
};

const modeProblem = ({ mode, definition }: Deploy, { target, definition: there }: AppContext): Refusal | undefined => {
  // Apps and pods have their ids in common; one never becomes the other.
  const isOther = there !== undefined && isPod(there) !== isPod(definition);
  if (isOther || (mode === 'create' && target !== undefined))
    return refusal('already-exists', `${isPod(there) ? 'A pod' : 'An app'} with id [${definition.id}] already exists.`);
  if (mode === 'change' && target === undefined)
    return refusal('not-found', `${isPod(definition) ? 'Pod' : 'App'} '${definition.id}' does not exist`);
  return undefined;
};

/** Marathon's lock: a deployment in the way is named, and `force` takes over from it. */
const lockProblem = (state: State, force: boolean): Refusal | undefined => {
  const running = runningDeployment(state);
  if (running === undefined || force) return undefined;
  // Whoever is in the way as part of a plan is known by the plan's name.
  const known = state.context.deployment?.partOf ?? running;
  return appLocked([known]);
};

const baseProblem = ({ basedOn }: Deploy, { target }: AppContext): Refusal | undefined =>
  basedOn === undefined || basedOn === target?.version
    ? undefined
    : refusal('illegal-in-state', `The app was changed to version ${target?.version} meanwhile.`);

const isHeld = ({ value }: State): boolean => value === 'held' || value === 'frozen';

const runningDeployment = (state: State): string | undefined =>
  state.value === 'deploying' || isHeld(state) ? state.context.deployment?.deployment : undefined;

const missing = ({ context }: State): Refusal => refusal('not-found', `App '${context.app}' does not exist`);

const began = (
  state: State,
  deployment: string,
  { upgradeStrategy, deployment: policy }: Pick<AppDefinition, 'upgradeStrategy' | 'deployment'>,
  to: Target | undefined,
  retire: readonly string[],
  partOf?: PartOf,
): AppFact => {
  const { context } = state;
  const supersedes = runningDeployment(state);
  const { minimumHealthCapacity, maximumOverCapacity } = upgradeStrategy;
  const from = present(state);
  const isCalm = minimumHealthCapacity === 0 && maximumOverCapacity === 0;
  const usual = isCalm ? 'recreate' : 'rolling';
  const kept = to === undefined || policy === undefined ? undefined : replaces(from, to) ? policy : withoutComparison(policy);
  return {
    type: 'DeploymentBegan',
    deployment,
    strategy: to === undefined ? 'removal.v1' : (kept?.strategy ?? usual),
    from,
    ...(to !== undefined && { to }),
    ...(context.target !== undefined && { previous: context.target }),
    minimumHealthCapacity,
    maximumOverCapacity,
    retire,
    ...(supersedes !== undefined && { supersedes }),
    ...(supersedes !== undefined && untriedBy(context.deployment, to)),
    ...(partOf !== undefined && { partOf: partOf.plan }),
    ...(kept !== undefined && { policy: kept }),
  };
};

/** A version that was trusted before comes back. */
const isWayBack = ({ reason, configVersion }: Deploy): boolean => reason === 'rollback' || configVersion !== undefined;

/** Where a strategy brought the new version in, the old one comes back without it: no canary, and nobody's approval, on the way back. */
const takenBack = <D extends Pick<AppDefinition, 'upgradeStrategy' | 'deployment'>>(definition: D): D => {
  const { deployment: policy } = definition;
  if (policy?.strategy === undefined || PLAIN.has(policy.strategy)) return definition;
  return { ...definition, deployment: { ...withoutComparison(policy), strategy: 'revert' } };
};

const PLAIN: ReadonlySet<string> = new Set(['rolling', 'recreate']);

/** What a deployment was bringing in that another one takes over from; nothing where it was there before it, or is what is wanted now. */
const untriedBy = (
  taken: AppFactOf<'DeploymentBegan'> | undefined,
  to: Target | undefined,
): Pick<AppFactOf<'DeploymentBegan'>, 'untried'> => {
  const coming = taken?.to?.configVersion;
  return coming === undefined || to === undefined || coming === to.configVersion || (taken?.from[coming] ?? 0) > 0
    ? {}
    : { untried: coming };
};

const replaces = (from: SlotsByVersion, { configVersion }: Target): boolean =>
  Object.entries(from).some(([version, count]) => version !== configVersion && count > 0);

/** The first deployment and a scale replace nobody: there is nothing to compare the new with, to switch from or to migrate. */
const withoutComparison = ({ strategy: _, parameters: __, before: ___, after: ____, ...policy }: DeploymentPolicy): DeploymentPolicy => ({
  ...policy,
  parameters: {},
});

/** Versions that may have instances now: those kept, and those that a superseded deployment was moving between. */
const present = (state: State): SlotsByVersion => {
  const { slots, deployment } = state.context;
  // One that waits for its turn has moved nothing yet.
  if (runningDeployment(state) === undefined || deployment === undefined || state.value === 'held') return slots;
  const { from, to } = deployment;
  return { ...from, ...(to !== undefined && { [to.configVersion]: to.instances }) };
};

const destroy = (command: Extract<AppCommand, { type: 'DestroyApp' }>, state: State): Decision<AppFact> => {
  const { definition, deployment } = state.context;
  if (definition === undefined) return E.left(missing(state));
  if (deployment?.deployment === command.deployment) return SILENCE;
  const problem = lockProblem(state, command.force);
  return problem === undefined ? E.right([began(state, command.deployment, definition, undefined, [], command.partOf)]) : E.left(problem);
};

const revert = (command: Extract<AppCommand, { type: 'RevertDeployment' }>, state: State, at: Instant): Decision<AppFact> => {
  const { context } = state;
  if (context.deployment?.deployment === command.deployment) return SILENCE;
  if (runningDeployment(state) !== command.reverts) return E.left(refusal('not-found', `DeploymentPlan ${command.reverts} does not exist`));
  if (command.definition === undefined || command.previous === undefined) {
    if (context.definition === undefined) return E.left(missing(state));
    return E.right([began(state, command.deployment, context.definition, undefined, [])]);
  }
  const version = nextVersion(context.target?.version, at);
  // The old configuration version comes back with the definition, so that instances that still run it are kept.
  const { configVersion } = command.previous;
  const { definition } = command;
  const to: Target = { version, configVersion, instances: definition.instances };
  const added: AppFactOf<'AppVersionAdded'> = {
    type: 'AppVersionAdded',
    app: definition.id,
    version,
    configVersion,
    definition,
    reason: 'rollback',
  };
  return E.right([added, began(state, command.deployment, takenBack(definition), to, [])]);
};

const ended = (command: Extract<AppCommand, { type: 'ReportDeploymentEnded' }>, state: State, at: Instant): Decision<AppFact> => {
  const { deployment, outcome } = command;
  if (runningDeployment(state) !== deployment)
    return state.value === 'frozen' ? E.right([{ type: 'DeploymentStopped', deployment, slots: command.slots }]) : SILENCE;
  const left = state.value === 'held' ? state.context.slots : command.slots;
  const slots = outcome === 'succeeded' ? atNewestScale(left, state) : left;
  const { reason, restored } = command;
  const fact: AppFact = { type: 'DeploymentEnded', deployment, outcome, slots, ...(reason !== undefined && { reason }) };
  if (restored !== undefined && restored.configVersion !== state.context.target?.configVersion)
    return E.right([fact, restoredVersion(restored, slots, state, at)]);
  const isGone = state.context.deployment?.to === undefined && outcome === 'succeeded';
  return E.right(isGone ? [fact, { type: 'AppDestroyed', app: state.context.app }] : [fact]);
};

/** What runs is the newest version again, so that the next change is made from it. */
const restoredVersion = (
  { configVersion, definition }: NonNullable<Extract<AppCommand, { type: 'ReportDeploymentEnded' }>['restored']>,
  slots: SlotsByVersion,
  { context }: State,
  at: Instant,
): AppFact => ({
  type: 'AppVersionAdded',
  app: context.app,
  version: nextVersion(context.target?.version, at),
  configVersion,
  definition: { ...definition, instances: slots[configVersion] ?? definition.instances },
  reason: 'rollback',
});

/** A scale that came when the deployment had reached its target and took no new one any more: the app itself goes on to it. */
const atNewestScale = (left: SlotsByVersion, { context: { target, deployment } }: State): SlotsByVersion => {
  if (target === undefined || target.configVersion !== deployment?.to?.configVersion) return left;
  const { [target.configVersion]: _, ...others } = left;
  return target.instances === 0 ? others : { ...others, [target.configVersion]: target.instances };
};

export const appNoun: Noun<AppContext, AppCommand, AppFact> = {
  noun: APP,
  charts: { [appChart.id]: appChart },
  chartFor: () => appChart.id,
  codec: appCodec,
  decide,
};
