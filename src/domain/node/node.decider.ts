import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { same } from '../kernel/same.ts';
import { isFlapping } from './flapping.ts';
import { type NodeContext, nodeChart } from './node.chart.ts';
import { nodeCodec } from './node.codec.ts';
import type { NodeCommand } from './node.commands.ts';
import { NODE, type NodeFact } from './node.facts.ts';

const SILENCE: Decision<NodeFact> = E.right([]);

const decide = (
  command: NodeCommand,
  state: ChartState<NodeContext>,
  _at: number,
  accepts: (fact: NodeFact) => boolean,
): Decision<NodeFact> => {
  const report = (fact: NodeFact): Decision<NodeFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  const wish = (fact: NodeFact): Decision<NodeFact> =>
    accepts(fact) ? E.right([fact]) : E.left(refusal('not-found', 'There is no such node.'));
  const { context } = state;
  const isAttached = state.value.startsWith('attached.');
  switch (command.type) {
    case 'RegisterNode': {
      const { type: _, ...data } = command;
      const fact: NodeFact = { type: 'NodeRegistered', ...data };
      if (isAttached && same(context.registered, data)) return SILENCE;
      return accepts(fact) ? E.right([fact]) : E.left(refusal('already-exists', 'A node of this name is in the pool already.'));
    }
    case 'ReportNodeOffer':
      if (same(context.offer, command.offer)) return SILENCE;
      return report({ type: 'NodeOfferChanged', offer: command.offer, warnings: command.warnings });
    case 'ReportNodeSilent':
      return report({ type: 'NodeBecameUnreachable', reason: command.reason, failures: command.failures });
    case 'ReportNodeAnswering':
      return report({ type: 'NodeReturned' });
    case 'ReportNodeFlapping': {
      const { losses, withinMs, steadyMs } = command;
      return report({ type: 'NodeBecameFlapping', losses, withinMs, steadyMs });
    }
    case 'CordonNode':
      return isAttached && context.cordoned ? SILENCE : wish({ type: 'NodeCordoned', reason: command.reason });
    case 'UncordonNode':
      return isAttached && !context.cordoned && !isFlapping({ state: state.value }) ? SILENCE : wish({ type: 'NodeUncordoned' });
    case 'RemoveNode':
      return state.value === 'removed' ? SILENCE : wish({ type: 'NodeRemoved', reason: command.reason });
  }
};

export const nodeNoun: Noun<NodeContext, NodeCommand, NodeFact> = {
  noun: NODE,
  charts: { [nodeChart.id]: nodeChart },
  chartFor: () => nodeChart.id,
  codec: nodeCodec,
  decide,
};
