import type { AppFact } from '../../domain/app/app.facts.ts';
import type { Command } from '../../domain/kernel/decider.ts';
import type { Fact, Recorded } from '../../domain/kernel/recorded.ts';

/** Commands whose one fact is the command in the past tense, with the same fields. */
const ALIKE: Readonly<Record<string, string>> = {
  RegisterNode: 'NodeRegistered',
  OversubscribeNode: 'NodeOversubscribed',
  CordonNode: 'NodeCordoned',
  UncordonNode: 'NodeUncordoned',
  RemoveNode: 'NodeRemoved',
  RegisterStrategy: 'StrategyRegistered',
  CancelDeployment: 'DeploymentCancelled',
  AbortDeployment: 'DeploymentAborted',
  PauseDeployment: 'DeploymentPaused',
  ResumeDeployment: 'DeploymentResumed',
  ApproveDeployment: 'DeploymentApproved',
  ChooseWinner: 'WinnerChosen',
};

/** The command that a request was, as far as the facts that it led to at once show it; undefined where they do not. */
export const commandOf = (command: string, led: readonly Recorded[]): Command | undefined => {
  const find = <T extends AppFact['type']>(type: T) =>
    led.find(({ fact }) => fact.type === type)?.fact as Extract<AppFact, { type: T }> | undefined;
  const alike = ALIKE[command];
  if (alike !== undefined) {
    const fact = led.find(({ fact }) => fact.type === alike)?.fact;
    return fact === undefined ? undefined : ({ ...(fact as Fact), type: command } as Command);
  }
  const [added, began] = [find('AppVersionAdded'), find('DeploymentBegan')];
  const force = began?.supersedes !== undefined;
  switch (command) {
    case 'DeployApp':
      if (added === undefined) return undefined;
      return {
        type: command,
        definition: added.definition,
        reason: added.reason,
        // A scale of one that runs begins none of its own; its fact's id is as good a name as any.
        deployment: began?.deployment ?? led[0]?.id ?? '',
        mode: 'either',
        force,
        ...(began !== undefined && { retire: began.retire }),
        ...(added.configVersion !== added.version && added.reason === 'rollback' && { configVersion: added.configVersion }),
      } as Command;
    case 'RestartApp':
    case 'DestroyApp':
      return began === undefined ? undefined : ({ type: command, deployment: began.deployment, force } as Command);
    case 'RevertDeployment':
      if (began?.supersedes === undefined) return undefined;
      return {
        type: command,
        reverts: began.supersedes,
        deployment: began.deployment,
        ...(added !== undefined && began.to !== undefined && { definition: added.definition, previous: began.to }),
      } as Command;
    default:
      return undefined;
  }
};
