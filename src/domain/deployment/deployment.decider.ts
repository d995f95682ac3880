import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import type { DeploymentCommand } from './deployment.commands.ts';
import { deploymentCodec } from './deployment.codec.ts';
import { DEPLOYMENT, type DeploymentFact, type Tallies } from './deployment.facts.ts';
import type { StrategyContext } from './strategies/frame.ts';
import { strategies } from './strategies/index.ts';

const SILENCE: Decision<DeploymentFact> = E.right([]);

const decide = (
  command: DeploymentCommand,
  state: ChartState<StrategyContext>,
  _at: number,
  accepts: (fact: DeploymentFact) => boolean,
): Decision<DeploymentFact> => {
  const report = (fact: DeploymentFact): Decision<DeploymentFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  switch (command.type) {
    case 'BeginDeployment': {
      const { type: _, strategy: __, ...data } = command;
      return report({ type: 'DeploymentStarted', ...data });
    }
    case 'ReportSlots':
      return state.context.tallies !== undefined && sameTallies(state.context.tallies, command.tallies) ? SILENCE : report({ type: 'SlotsChanged', tallies: command.tallies });
    case 'ChangeTarget':
      return state.context.to?.instances === command.instances ? SILENCE : report({ type: 'TargetChanged', instances: command.instances });
    case 'CancelDeployment': {
      if (state.value === 'absent') return E.left(refusal('not-found', 'There is no such deployment.'));
      return report({ type: 'DeploymentCancelled', reason: command.reason });
    }
    case 'ReportReleased':
      return report({ type: 'AppReleased' });
    case 'ElapseTimer':
      return SILENCE;
  }
};

export const sameTallies = (a: Tallies, b: Tallies): boolean => {
  const versions = Object.keys(a);
  return (
    versions.length === Object.keys(b).length &&
    versions.every((version) => {
      const [x, y] = [a[version], b[version]];
      return x !== undefined && y !== undefined && x.live === y.live && x.ready === y.ready && x.leaving === y.leaving && x.failed === y.failed;
    })
  );
};

export const deploymentNoun: Noun<StrategyContext, DeploymentCommand, DeploymentFact> = {
  noun: DEPLOYMENT,
  charts: strategies,
  chartFor: (command) => (command.type === 'BeginDeployment' ? command.strategy : 'rolling.v1'),
  codec: deploymentCodec,
  decide,
};
