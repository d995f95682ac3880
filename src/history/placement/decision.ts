import { either as E } from 'fp-ts';
import { type PolicyName, USUAL_POLICY } from '../../domain/app/definition/policyName.ts';
import { INSTANCE, type InstanceFact } from '../../domain/instance/instance.facts.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import { requestOf } from '../../domain/placement/account.ts';
import { firstFailing } from '../../domain/placement/filters.ts';
import type { Ledger } from '../../domain/placement/ledger.ts';
import { SAMPLE } from '../../domain/placement/place.ts';
import { policyOf, scoreFor } from '../../domain/placement/policies/weighed.ts';
import { needOf, type PlacementRequest } from '../../domain/placement/request.ts';
import { type Retraced, retrace } from '../../domain/placement/retrace.ts';
import { ranked, type Surveyed, survey } from '../../domain/placement/survey.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { Views } from '../../domain/ports/views.ts';
import type { NoAnswer } from '../../domain/ports/why.ts';
import type { Decision, DecisionOptions } from '../../domain/ports/whyNot.ts';
import { sentenceOf } from '../../projections/sentences.ts';
import { readOnce } from '../why/readOnce.ts';
import { factsOf } from '../why/steps.ts';
import { subjectCalled } from '../why/subjects.ts';
import { accountsBehind, FACTS_AROUND } from './behind.ts';
import { decisionInWords } from './decisionWords.ts';

/** Nodes that an answer shows; one is named to see it among more. */
export const NODES_SHOWN = 100;

/** Opens the last decision about an instance up to a position: the account behind it, every node through every filter, and the ranking. */
export const decision = (whole: Past, instance: string, position: number, options: DecisionOptions = {}): E.Either<NoAnswer, Decision> => {
  const past = readOnce(whole);
  const called = subjectCalled(past, instance, position);
  if (E.isLeft(called)) return called;
  const { subject } = called.right;
  if (subject.kind !== INSTANCE) return E.left({ code: 'invalid', message: `'${instance}' is no instance: only those are placed` });
  const facts = factsOf(past, subject.stream, position);
  const fact =
    facts.findLast((each) => each.fact.type === 'InstancePlaced') ?? facts.findLast((each) => each.fact.type === 'PlacementDeferred');
  const requested = facts[0]?.fact as unknown as Extract<InstanceFact, { type: 'InstanceRequested' }> | undefined;
  if (fact === undefined || requested?.type !== 'InstanceRequested')
    return E.left({ code: 'not-found', message: `No decision about instance ${subject.id} is recorded up to position ${position}` });
  const views = past.views(fact.position - 1);
  const definition = views.apps.definition(requested.app, requested.version);
  if (definition === undefined)
    return E.left({ code: 'not-found', message: `What version ${requested.version} of ${requested.app} was made of is not known` });
  const request = requestOf(definition, requested.version);
  const before = facts[facts.indexOf(fact) - 1];
  const opened = open(past, { fact, requested, request, views, since: before?.position ?? 0 }, options);
  // Its place was chosen when others were asked to leave it: what was free of other nodes when they had is beside the point.
  if (before?.fact.type !== 'InstanceNominated' || E.isLeft(opened)) return opened;
  return E.right({ ...opened.right, paragraph: [sentenceOf(before), ...opened.right.paragraph.slice(0, 1)] });
};

type Case = {
  readonly fact: Recorded;
  readonly requested: Extract<InstanceFact, { type: 'InstanceRequested' }>;
  readonly request: PlacementRequest;
  readonly views: Views;
  readonly since: number;
};

const open = (
  past: Past,
  { fact, requested, request, views, since }: Case,
  { without, node }: DecisionOptions,
): E.Either<NoAnswer, Decision> => {
  const recorded = recordedOf(fact);
  const equal = together(past, requested, since, fact);
  const found = accountBehind(past, recorded, { fact, request, views, since });
  const surveyed = survey(request, found.ledger, {}, found.policy);
  if (node !== undefined && !surveyed.some((each) => each.node === node))
    return E.left({ code: 'not-found', message: `There was no node '${node}' in the pool at position ${fact.position - 1}` });
  const dropped = without === undefined ? undefined : survey(request, found.ledger, without, found.policy);
  const shown = inOrder(dropped ?? surveyed, recorded.node, node);
  const decided: Omit<Decision, 'paragraph'> = {
    instance: keyOf(fact.stream),
    app: requested.app,
    version: requested.version,
    position: fact.position,
    at: isoInstant(fact.meta.at),
    recorded,
    ...(found.retraced !== undefined && { retraced: found.retraced }),
    adjusted: found.adjusted,
    together: equal,
    nodes: shown.slice(0, NODES_SHOWN),
    more: Math.max(0, shown.length - NODES_SHOWN),
    ranking: rankingOf(surveyed, recorded.node).slice(0, NODES_SHOWN),
    ...(without !== undefined && dropped !== undefined && { without: changed(without, dropped, recorded.node) }),
  };
  return E.right({ ...decided, paragraph: decisionInWords(decided, surveyed) });
};

const recordedOf = ({ fact }: Recorded): Decision['recorded'] => {
  const { considered, excluded, node, score } = fact as unknown as Decision['recorded'];
  return { considered, excluded, ...(node !== undefined && { node, score: score ?? 0 }) };
};

type Found = {
  readonly ledger: Ledger;
  readonly retraced?: Retraced;
  readonly adjusted: readonly number[];
  readonly policy: PolicyName;
};

/** Of an app that does not say it, the cluster said it, which is not recorded: the one that leads to the same score. */
const policiesOf = ({ placement }: PlacementRequest): readonly PolicyName[] =>
  placement?.policy === undefined ? ['spread', 'binpack'] : [placement.policy];

/** The first account that leads to what is recorded; where none does, the one just before the fact. */
const accountBehind = (past: Past, recorded: Decision['recorded'], { fact, request, views, since }: Omit<Case, 'requested'>): Found => {
  let asOf: Found | undefined;
  for (const { ledger, adjusted } of accountsBehind(past, views, fact, since)) {
    asOf ??= { ledger, adjusted, policy: policyOf(request, USUAL_POLICY) };
    const policy = policiesOf(request).find((each) => mayBe(ledger, request, recorded, each));
    const retraced = policy && retrace(recorded, survey(request, ledger, {}, policy), SAMPLE, isWished(request));
    if (policy !== undefined && retraced !== undefined) return { ledger, retraced, adjusted, policy };
  }
  return asOf as Found;
};

const isWished = (request: PlacementRequest): boolean => {
  const { affinity, wishes } = needOf(request);
  return affinity.length + wishes.length > 0;
};

/** Looks at the chosen node alone, before all of them are. */
const mayBe = (ledger: Ledger, request: PlacementRequest, { node, score }: Decision['recorded'], policy: PolicyName): boolean => {
  if (node === undefined) return true;
  const row = ledger.rowOf(node);
  const need = needOf(request);
  return (
    row !== undefined &&
    firstFailing(ledger, row, need) === undefined &&
    Math.round(scoreFor(need, policy)(ledger, row, need) * 1000) / 1000 === score
  );
};

/** Of equal scores the one that was chosen goes first. */
const rankingOf = (surveyed: readonly Surveyed[], chosen: string | undefined): Decision['ranking'] =>
  ranked(surveyed)
    .toSorted((a, b) => a.tier - b.tier || a.score - b.score || Number(b.node === chosen) - Number(a.node === chosen))
    .map(({ node, score }) => ({ node, score: Math.round(score * 1000) / 1000 }));

const changed = (
  left: NonNullable<DecisionOptions['without']>,
  surveyed: readonly Surveyed[],
  was: string | undefined,
): NonNullable<Decision['without']> => {
  const ranking = rankingOf(surveyed, was);
  const [first] = ranking;
  return { left, ranking: ranking.slice(0, NODES_SHOWN), ...(first !== undefined && { chosen: first.node }), changes: first?.node !== was };
};

/** The chosen one first, then the best; those that would not do at the end. Only one where one is named. */
const inOrder = (surveyed: readonly Surveyed[], chosen: string | undefined, only: string | undefined): readonly Surveyed[] => {
  if (only !== undefined) return surveyed.filter(({ node }) => node === only);
  const best = ranked(surveyed).toSorted(
    (a, b) => a.tier - b.tier || a.score - b.score || Number(b.node === chosen) - Number(a.node === chosen),
  );
  const others = surveyed.filter(({ score }) => score === undefined).toSorted((a, b) => (a.node < b.node ? -1 : 1));
  return [...best, ...others];
};

/** Equal requests are placed together, one after the other: those recorded shortly before. */
const together = (past: Past, { app, version }: Case['requested'], since: number, fact: Recorded): number => {
  let count = 0;
  for (const { stream, fact: other } of past.between(Math.max(since, fact.position - 1 - FACTS_AROUND), fact.position - 1)) {
    if (other.type !== 'InstancePlaced') continue;
    const requested = past.stream(stream, fact.position)[0]?.fact as unknown as Case['requested'];
    if (requested.app === app && requested.version === version) count += 1;
  }
  return count;
};
