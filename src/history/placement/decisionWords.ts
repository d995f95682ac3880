import type { Surveyed, Without } from '../../domain/placement/survey.ts';
import type { Decision } from '../../domain/ports/whyNot.ts';

/** A decision in plain sentences, with how sure it is that it was made so. */
export const decisionInWords = (
  { instance, app, at, recorded, retraced, adjusted, together, ranking, without }: Omit<Decision, 'paragraph'>,
  surveyed: readonly Surveyed[],
): readonly string[] => {
  const { considered, excluded, node, score } = recorded;
  const out = Object.entries(excluded).map(([filter, count]) => `${filter} ${count}`);
  const turned = out.length === 0 ? 'none turned away' : `turned away by ${out.join(', ')}`;
  const next = ranking.find((each) => each.node !== node);
  return [
    node === undefined
      ? `At ${at} none of ${considered} nodes would take instance ${instance} of ${app}: ${turned}.`
      : `At ${at} instance ${instance} of ${app} was placed on ${node}: score ${score}, ${considered} looked at, ${turned}.`,
    ...partsInWords(surveyed.find((each) => each.node === node)),
    ...(node !== undefined && next !== undefined ? [`The next best was ${next.node} with ${next.score}.`] : []),
    ...(together > 0 ? [`${together} equal ${together === 1 ? 'request was' : 'requests were'} placed just before it.`] : []),
    certainty(retraced, surveyed.length),
    ...(adjusted.length === 0
      ? []
      : [
          `It was decided before it was recorded: the account was set by ${adjusted.length} ${adjusted.length === 1 ? 'fact' : 'facts'} around it (#${adjusted.slice(0, 5).join(', #')}${adjusted.length > 5 ? ' …' : ''}).`,
        ]),
    ...(without === undefined ? [] : [consequence(without, node)]),
  ];
};

/** Of an app with wishes: how far the chosen node is from each. */
const partsInWords = ({ parts = [] }: Partial<Surveyed> = {}): readonly string[] =>
  parts.length < 2
    ? []
    : [`Its score is the sum of ${parts.map(({ part, weight, unmet, says }) => `${weight} × ${unmet} for ${part} (${says})`).join(', ')}.`];

const certainty = (retraced: Decision['retraced'], nodes: number): string => {
  if (retraced === undefined)
    return 'The facts around it do not lead to the same numbers: it was decided by an account that held decisions which were never recorded, or were recorded much later. What is shown is the account just before the fact.';
  const { how, tiedWith, unsure, carried } = retraced;
  const ties =
    tiedWith.length === 0
      ? ''
      : ` ${tiedWith.slice(0, 5).join(', ')}${tiedWith.length > 5 ? ' and others' : ''} scored the same: which of equals is taken follows from where the search began, which is not recorded.`;
  const before =
    carried === 0
      ? ''
      : ` ${carried} ${carried === 1 ? 'node is' : 'nodes are'} counted by the filter that turned them away for an equal request before.`;
  if (how === 'exactly') return `The account of that moment leads to the same decision, number for number.${before}${ties}`;
  return `The account of that moment leads to the same decision. Not all ${nodes} nodes were looked at, for enough would do; of ${unsure.length} equally free ones it is not recorded which were.${before}${ties}`;
};

const nameOf = ({ constraints = [], filters = [], score }: Without): string =>
  [
    ...constraints.map((field) => `the constraint on ${field}`),
    ...filters.map((filter) => `the filter ${filter}`),
    ...(score === true ? ['the score'] : []),
  ].join(' and ');

const consequence = ({ left, chosen, changes, ranking }: NonNullable<Decision['without']>, was: string | undefined): string => {
  if (chosen === undefined) return `Without ${nameOf(left)} still no node would do.`;
  if (left.score === true) return `Without ${nameOf(left)} any of ${ranking.length} nodes would be as good as ${was ?? 'another'}.`;
  if (!changes) return `Without ${nameOf(left)} it would be ${chosen} all the same.`;
  return `Without ${nameOf(left)} it would be ${chosen}${was === undefined ? '' : ` instead of ${was}`}.`;
};
