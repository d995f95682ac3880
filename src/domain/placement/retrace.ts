import { FILTERS, type FilterName } from './filters.ts';
import { levelOf } from './lookout.ts';
import { SAMPLE } from './search.ts';
import type { Surveyed } from './survey.ts';

/** What a fact tells of a decision. `node` is absent where no node would do. */
export type Decided = {
  readonly considered: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly node?: string;
  /** Rounded to thousandths. */
  readonly score?: number;
};

export type Retraced = {
  /** `exactly`: the same nodes looked at, the same turned away, and the same one the best. `sampled`: enough others would have done that not all were looked at. */
  readonly how: 'exactly' | 'sampled';
  /** Others with the same score: which of them is taken follows from where the search begins, which is not recorded. */
  readonly tiedWith: readonly string[];
  /** Nodes of which it is not known whether they were looked at. */
  readonly unsure: readonly string[];
  /** Nodes counted by a filter that had turned them away when an equal request was placed before, where another one would be the first by now. */
  readonly carried: number;
};

/**
 * Whether an account leads to a decision; undefined where it cannot have. Which nodes were looked at follows from how free they are.
 * @param isWished whether the app is to be beside others or has wishes: then it depends on those which nodes were looked at, and only the
 *   chosen one is compared
 */
export const retrace = (
  decided: Decided,
  surveyed: readonly Surveyed[],
  sample: number = SAMPLE,
  isWished = false,
): Retraced | undefined => {
  if (isWished && decided.node !== undefined) return byItself(decided, surveyed);
  const most = surveyed.filter(({ passedOver }) => !passedOver);
  // How full is too full follows from the largest node there was, which may have gone or been cordoned since.
  const looked = decided.node === undefined || decided.considered > most.length ? surveyed : most;
  if (decided.considered > looked.length) return undefined;
  return decided.node === undefined ? nowhere(decided, looked) : somewhere(decided, looked, sample);
};

const byItself = (decided: Decided, surveyed: readonly Surveyed[]): Retraced | undefined => {
  const chosen = surveyed.find(({ node }) => node === decided.node);
  if (chosen?.score === undefined || rounded(chosen.score) !== decided.score || decided.considered > surveyed.length) return undefined;
  const others = surveyed.filter((each) => each !== chosen && each.score !== undefined);
  const tiedWith = others.filter(({ score }) => score === chosen.score).map(({ node }) => node);
  return { how: 'sampled', tiedWith, unsure: others.map(({ node }) => node), carried: 0 };
};

const rounded = (score: number): number => Math.round(score * 1000) / 1000;

const nowhere = (decided: Decided, looked: readonly Surveyed[]): Retraced | undefined => {
  if (decided.considered !== looked.length || looked.some(({ score }) => score !== undefined)) return undefined;
  const carried = carriedIn(decided.excluded, looked, NONE);
  return carried === undefined ? undefined : { how: 'exactly', tiedWith: [], unsure: [], carried };
};

const somewhere = (decided: Decided, looked: readonly Surveyed[], sample: number): Retraced | undefined => {
  const chosen = looked.find(({ node }) => node === decided.node);
  if (chosen?.score === undefined || rounded(chosen.score) !== decided.score) return undefined;
  const lowest = chosen.score;
  const feasible = decided.considered - total(decided.excluded);
  // A search ends when enough would do, or when all of a level were looked at and one of them would.
  const upToLevel = looked.filter(({ turn }) => levelOf(turn) <= levelOf(chosen.turn)).length;
  if (feasible > sample || decided.considered > upToLevel || (feasible < sample && decided.considered < upToLevel)) return undefined;
  if (decided.considered < looked.filter(({ turn }) => turn < 0).length) return undefined;
  const { sure, perhaps } = seen(looked, decided.considered);
  const carried = carriedIn(decided.excluded, sure, perhaps);
  if (carried === undefined || !isAmong(chosen, feasible, sure, perhaps)) return undefined;
  if (sure.some(({ score }) => score !== undefined && score < lowest)) return undefined;
  const tiedWith = [...sure, ...perhaps].filter((each) => each !== chosen && each.score === lowest).map(({ node }) => node);
  return { how: perhaps.length === 0 ? 'exactly' : 'sampled', tiedWith, unsure: perhaps.map(({ node }) => node), carried };
};

/** Of so many that were looked at: those of the freer buckets for certain, of the last one some. */
const seen = (
  looked: readonly Surveyed[],
  considered: number,
): { readonly sure: readonly Surveyed[]; readonly perhaps: readonly Surveyed[] } => {
  const buckets = [...Map.groupBy(looked, ({ turn }) => turn)].toSorted(([a], [b]) => a - b);
  const sure: Surveyed[] = [];
  for (const [, rows] of buckets) {
    if (sure.length === considered) break;
    if (sure.length + rows.length > considered) return { sure, perhaps: rows };
    sure.push(...rows);
  }
  return { sure, perhaps: NONE };
};

/** Whether so many that would do, the chosen one among them, can have been looked at with no better one. */
const isAmong = (chosen: Surveyed, feasible: number, sure: readonly Surveyed[], perhaps: readonly Surveyed[]): boolean => {
  const left = feasible - sure.filter(({ score }) => score !== undefined).length;
  const noBetter = perhaps.filter(({ score }) => score !== undefined && score >= (chosen.score ?? 0));
  return left >= Number(perhaps.includes(chosen)) && left <= noBetter.length && (sure.includes(chosen) || perhaps.includes(chosen));
};

/** These are asked of the node alone, before all that is remembered. */
const STANDING: ReadonlySet<FilterName> = new Set(
  FILTERS.filter(({ ofNode, mayRecover }) => ofNode !== undefined && mayRecover !== true).map(({ name }) => name),
);

/** What any other filter says of a node is remembered. */
const PASSING: ReadonlySet<FilterName> = new Set(FILTERS.filter(({ mayRecover }) => mayRecover === true).map(({ name }) => name));

/**
 * Whether nodes can have been counted as is said: all of the sure ones and some of the others, each by the first filter that it fails, or
 * by a lasting one that it had failed before.
 * @returns how many must have been counted by another one than the first; undefined where it cannot be
 */
const carriedIn = (excluded: Decided['excluded'], sure: readonly Surveyed[], perhaps: readonly Surveyed[]): number | undefined => {
  const [known, open] = [countsOf(sure), countsOf(perhaps)];
  const rest = total(excluded) - known.all;
  if (rest < 0 || rest > open.all) return undefined;
  let carried = 0;
  for (const { name } of FILTERS) {
    const said = excluded[name] ?? 0;
    const least = known.least[name] ?? 0;
    if (said < least || said > (known.most[name] ?? 0) + (open.most[name] ?? 0)) return undefined;
    if (!PASSING.has(name)) carried += Math.max(0, said - (known.first[name] ?? 0) - (open.first[name] ?? 0));
  }
  return carried;
};

type Counts = {
  readonly all: number;
  readonly first: Readonly<Record<string, number>>;
  readonly least: Readonly<Record<string, number>>;
  readonly most: Readonly<Record<string, number>>;
};

const countsOf = (nodes: readonly Surveyed[]): Counts => {
  const [first, least, most]: [Record<string, number>, Record<string, number>, Record<string, number>] = [{}, {}, {}];
  let all = 0;
  for (const { failing, verdicts } of nodes) {
    if (failing === undefined) continue;
    all += 1;
    first[failing] = (first[failing] ?? 0) + 1;
    const failed = verdicts.filter(({ passes }) => !passes);
    const standing = failed.find(({ filter }) => STANDING.has(filter));
    const possible = failed.filter(
      (each) => each.filter === failing || (standing === undefined ? !PASSING.has(each.filter) : each === standing),
    );
    for (const { filter } of possible) most[filter] = (most[filter] ?? 0) + 1;
    if (possible.length === 1) least[failing] = (least[failing] ?? 0) + 1;
  }
  return { all, first, least, most };
};

const NONE: readonly Surveyed[] = [];
const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
