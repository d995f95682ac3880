import { either as E } from 'fp-ts';
import { AMOUNT_NAMES, amountsText, plus } from '../kernel/amounts.ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { same } from '../kernel/same.ts';
import type { RoleAmounts } from '../role/role.facts.ts';
import { isFlapping } from './flapping.ts';
import { type NodeContext, nodeChart } from './node.chart.ts';
import { nodeCodec } from './node.codec.ts';
import type { NodeCommand } from './node.commands.ts';
import { NODE, type NodeFact } from './node.facts.ts';
import { plain } from './oversubscription.facts.ts';

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
      const excess = AMOUNT_NAMES.find((name) => sumOf(Object.values(data.reserved ?? {}), name) > data.offer[name]);
      if (excess !== undefined)
        return E.left(refusal('invalid', `More ${excess} are reserved than the node has: it has ${data.offer[excess]}.`));
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
    case 'OversubscribeNode': {
      const oversubscribe = plain(command.oversubscribe);
      return isAttached && same(plain(context.oversubscribe), oversubscribe)
        ? SILENCE
        : wish({ type: 'NodeOversubscribed', oversubscribe });
    }
    case 'CordonNode':
      return isAttached && context.cordoned ? SILENCE : wish({ type: 'NodeCordoned', reason: command.reason });
    case 'UncordonNode':
      return isAttached && !context.cordoned && !isFlapping({ state: state.value }) ? SILENCE : wish({ type: 'NodeUncordoned' });
    case 'SetReservation':
      return isAttached ? setReservation(command, context) : E.left(refusal('not-found', 'There is no such node.'));
    case 'RemoveNode':
      return state.value === 'removed' ? SILENCE : wish({ type: 'NodeRemoved', reason: command.reason });
  }
};

const sumOf = (amounts: readonly RoleAmounts[], name: keyof RoleAmounts): number =>
  amounts.reduce((sum, each) => sum + (each[name] ?? 0), 0);

const setReservation = (
  { role, from, to }: Extract<NodeCommand, { type: 'SetReservation' }>,
  { offer, registered, reservations }: NodeContext,
): Decision<NodeFact> => {
  const { [role]: before = {}, ...others } = reservations;
  const [more, less] = [1, -1].map((sign) => positive(plus(to, before, -1), sign)) as [RoleAmounts, RoleAmounts];
  if (isNothing(more) && isNothing(less)) return SILENCE;
  if (!same(plus(before, {}), plus(from, {})))
    return E.left(refusal('illegal-in-state', `The node keeps ${amountsText(before)} for role '${role}' by now: look again.`));
  const negative = AMOUNT_NAMES.find((name) => (to[name] ?? 0) < 0);
  if (negative !== undefined)
    return E.left(
      refusal(
        'illegal-in-state',
        `The node keeps ${before[negative] ?? 0} ${negative} for role '${role}' by request; no more can be given up.`,
      ),
    );
  const kept = [...Object.values(registered?.reserved ?? {}), ...Object.values(others), to];
  const excess = AMOUNT_NAMES.find((name) => (more[name] ?? 0) > 0 && sumOf(kept, name) > (offer?.[name] ?? 0));
  if (excess !== undefined) {
    const left = (offer?.[excess] ?? 0) - sumOf(kept, excess) + (more[excess] ?? 0);
    return E.left(refusal('illegal-in-state', `The node has ${left} ${excess} left that are kept for no role; that is too little.`));
  }
  return E.right([
    ...(isNothing(more) ? [] : [{ type: 'ResourcesReserved', role, amounts: more } as const]),
    ...(isNothing(less) ? [] : [{ type: 'ResourcesUnreserved', role, amounts: less } as const]),
  ]);
};

/** The amounts of one sign, without it. */
const positive = (amounts: RoleAmounts, sign: number): RoleAmounts =>
  Object.fromEntries(AMOUNT_NAMES.flatMap((name) => ((amounts[name] ?? 0) * sign > 0 ? [[name, (amounts[name] ?? 0) * sign]] : [])));

const isNothing = (amounts: RoleAmounts): boolean => Object.keys(amounts).length === 0;

export const nodeNoun: Noun<NodeContext, NodeCommand, NodeFact> = {
  noun: NODE,
  charts: { [nodeChart.id]: nodeChart },
  chartFor: () => nodeChart.id,
  codec: nodeCodec,
  decide,
};
