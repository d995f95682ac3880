import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { type NodeContext, nodeChart } from './node.chart.ts';
import { nodeCodec } from './node.codec.ts';
import type { NodeCommand } from './node.commands.ts';
import { NODE, type NodeFact, type NodeOffer } from './node.facts.ts';

const SILENCE: Decision<NodeFact> = E.right([]);

const decide = (command: NodeCommand, state: ChartState<NodeContext>, _at: number, accepts: (fact: NodeFact) => boolean): Decision<NodeFact> => {
  const report = (fact: NodeFact): Decision<NodeFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  const wish = (fact: NodeFact): Decision<NodeFact> => (accepts(fact) ? E.right([fact]) : E.left(refusal('not-found', 'There is no such node.')));
  const { context } = state;
  switch (command.type) {
    case 'RegisterNode': {
      const { type: _, ...data } = command;
      const fact: NodeFact = { type: 'NodeRegistered', ...data };
      return accepts(fact) ? E.right([fact]) : E.left(refusal('already-exists', 'A node of this name is in the pool already.'));
    }
    case 'ReportNodeOffer':
      if (context.offer !== undefined && sameOffer(context.offer, command.offer)) return SILENCE;
      return report({ type: 'NodeOfferChanged', offer: command.offer, warnings: command.warnings });
    case 'ReportNodeSilent':
      return report({ type: 'NodeBecameUnreachable', reason: command.reason, failures: command.failures });
    case 'ReportNodeAnswering':
      return report({ type: 'NodeReturned' });
    case 'CordonNode':
      return context.cordoned ? SILENCE : wish({ type: 'NodeCordoned', reason: command.reason });
    case 'UncordonNode':
      return state.value.startsWith('attached') && !context.cordoned ? SILENCE : wish({ type: 'NodeUncordoned' });
    case 'RemoveNode':
      return state.value === 'removed' ? SILENCE : wish({ type: 'NodeRemoved', reason: command.reason });
    case 'ElapseTimer':
      return SILENCE;
  }
};

const sameOffer = (a: NodeOffer, b: NodeOffer): boolean =>
  a.hostname === b.hostname &&
  a.address === b.address &&
  a.cpus === b.cpus &&
  a.mem === b.mem &&
  a.disk === b.disk &&
  a.gpus === b.gpus &&
  a.portRanges.flat().join() === b.portRanges.flat().join();

export const nodeNoun: Noun<NodeContext, NodeCommand, NodeFact> = {
  noun: NODE,
  charts: { [nodeChart.id]: nodeChart },
  chartFor: () => nodeChart.id,
  codec: nodeCodec,
  decide,
};
