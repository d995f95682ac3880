import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import type { Instant } from '../kernel/units.ts';
import { deploymentCodec } from './deployment.codec.ts';
import type { DeploymentCommand } from './deployment.commands.ts';
import { DEPLOYMENT, type DeploymentFact, type Tallies } from './deployment.facts.ts';
import type { StrategyContext } from './strategies/frame.ts';
import { chartCalled, strategies, whyBroken } from './strategies/index.ts';

const SILENCE: Decision<DeploymentFact> = E.right([]);
const missing = refusal('not-found', 'There is no such deployment.');

const decide = (
  command: DeploymentCommand,
  state: ChartState<StrategyContext>,
  at: Instant,
  accepts: (fact: DeploymentFact) => boolean,
): Decision<DeploymentFact> => {
  const report = (fact: DeploymentFact): Decision<DeploymentFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  /** A wish, not a report: one that can't be met is refused, or it would be lost without a word. */
  const wish = (fact: DeploymentFact, problem: string): Decision<DeploymentFact> => {
    if (state.value === 'absent') return E.left(missing);
    return accepts(fact) ? E.right([fact]) : E.left(refusal('illegal-in-state', `The deployment is '${state.value}' and ${problem}.`));
  };
  switch (command.type) {
    case 'BeginDeployment': {
      const { type: _, strategy: __, ...data } = command;
      return report({ type: 'DeploymentStarted', ...data });
    }
    case 'ReportSlots':
      return isKnown(state.context, command.tallies)
        ? SILENCE
        : report({ type: 'SlotsChanged', tallies: command.tallies, ...progressOf(state.context, command.tallies, at) });
    case 'ChangeTarget': {
      if (state.value === 'absent') return E.left(missing);
      if (state.context.to?.instances === command.instances) return SILENCE;
      const fact: DeploymentFact = { type: 'TargetChanged', instances: command.instances };
      // A wish, not a report: one that can't be met is refused, or the change of scale would be lost without a word.
      if (state.context.to === undefined || !accepts(fact))
        return E.left(refusal('illegal-in-state', `A deployment that is '${state.value}' takes no new target.`));
      return E.right([fact]);
    }
    case 'CancelDeployment': {
      if (state.value === 'absent') return E.left(missing);
      return report({ type: 'DeploymentCancelled', reason: command.reason });
    }
    case 'ReportReleased':
      return report({ type: 'AppReleased' });
    case 'AbortDeployment':
      // One that goes back already, or has ended so, is asked twice.
      return ABORTED.has(state.value) ? SILENCE : wish({ type: 'DeploymentAborted', reason: command.reason }, 'cannot be aborted');
    case 'PauseDeployment':
      return isPaused(state) ? SILENCE : wish({ type: 'DeploymentPaused', reason: command.reason, at }, 'cannot be paused');
    case 'ResumeDeployment': {
      const { paused } = state.context;
      if (state.value !== 'absent' && paused === undefined) return SILENCE;
      return paused === undefined
        ? E.left(missing)
        : wish({ type: 'DeploymentResumed', pausedMs: Math.max(0, at - paused.at) }, 'cannot be resumed');
    }
    case 'ApproveDeployment':
      return wish(
        { type: 'DeploymentApproved', ...(command.comment !== undefined && { comment: command.comment }) },
        isPaused(state) ? 'is paused; resume it first' : 'waits for no approval',
      );
    case 'ChooseWinner':
      return wish({ type: 'WinnerChosen', winner: command.winner, reason: command.reason }, 'tries nothing that could have a winner');
    case 'ReportTrafficShifted':
      return isOutdated(command, state) ? SILENCE : report({ type: 'TrafficShifted', weights: command.weights });
    case 'ReportGatesPassed':
      return isOutdated(command, state) ? SILENCE : report({ type: 'GatesPassed', readings: command.readings });
    case 'ReportGateFailed':
      return isOutdated(command, state)
        ? SILENCE
        : report({ type: 'GateFailed', gate: command.gate, reason: command.reason, readings: command.readings });
    case 'ReportHookEnded': {
      const { hook, instance, failure } = command;
      if (isOutdated(command, state)) return SILENCE;
      return report(
        failure === undefined ? { type: 'HookSucceeded', hook, instance } : { type: 'HookFailed', hook, instance, reason: failure },
      );
    }
    case 'ReportStalled':
      return state.context.progressBy === command.progressBy && at >= command.progressBy && !isPaused(state)
        ? report({ type: 'ProgressStalled', progressBy: command.progressBy })
        : SILENCE;
  }
};

/** An outcome answers one entry of one state; of an earlier one it is no news. */
const isOutdated = ({ answers }: { readonly answers?: number }, { active }: ChartState<StrategyContext>): boolean =>
  answers !== undefined && !active.some(({ revision }) => revision === answers);

const isKnown = ({ tallies, isStale = false }: StrategyContext, seen: Tallies): boolean =>
  tallies !== undefined && !isStale && sameTallies(tallies, seen);

/** A deadline of progress is as far away as ever once more of the new version are ready than were. */
const progressOf = (
  { policy, to, tallies, progressBy }: StrategyContext,
  seen: Tallies,
  at: Instant,
): { readonly progressBy?: Instant } => {
  if (policy?.progressDeadlineSeconds === undefined || to === undefined) return {};
  const readyIn = (all: Tallies | undefined): number => all?.[to.configVersion]?.ready ?? 0;
  const isProgress = progressBy === undefined || readyIn(seen) > readyIn(tallies);
  return isProgress ? { progressBy: at + policy.progressDeadlineSeconds * 1000 } : {};
};

/** Of one that goes back, or has given the lock back after it failed, an abort is no news. */
const ABORTED: ReadonlySet<string> = new Set(['returning', 'releasing.failed', 'failed']);

const isPaused = ({ context }: ChartState<StrategyContext>): boolean => context.paused !== undefined;

export const sameTallies = (a: Tallies, b: Tallies): boolean => {
  const versions = Object.keys(a);
  return (
    versions.length === Object.keys(b).length &&
    versions.every((version) => {
      const [x, y] = [a[version], b[version]];
      return (
        x !== undefined &&
        y !== undefined &&
        x.live === y.live &&
        x.ready === y.ready &&
        x.leaving === y.leaving &&
        x.failed === y.failed &&
        (x.unhealthy ?? 0) === (y.unhealthy ?? 0) &&
        (x.late ?? 0) === (y.late ?? 0)
      );
    })
  );
};

export const deploymentNoun: Noun<StrategyContext, DeploymentCommand, DeploymentFact> = {
  noun: DEPLOYMENT,
  charts: strategies,
  whyNoChart: whyBroken,
  chartFor: (command) => (command.type === 'BeginDeployment' ? (chartCalled(command.strategy)?.id ?? 'rolling.v2') : 'rolling.v2'),
  codec: deploymentCodec,
  decide,
};
