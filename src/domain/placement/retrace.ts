import { SAMPLE } from './place.ts';
import { type Surveyed, turnedAway } from './survey.ts';

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
};

/** Whether an account leads to a decision; undefined where it cannot have. Which nodes were looked at follows from how free they are. */
export const retrace = (decided: Decided, surveyed: readonly Surveyed[], sample: number = SAMPLE): Retraced | undefined => {
  const looked = decided.node === undefined ? surveyed : surveyed.filter(({ passedOver }) => !passedOver);
  if (decided.considered > looked.length) return undefined;
  if (decided.node === undefined) {
    const isSame = decided.considered === looked.length && sameCounts(decided.excluded, turnedAway(looked));
    return isSame && looked.every(({ score }) => score === undefined) ? { how: 'exactly', tiedWith: [], unsure: [] } : undefined;
  }
  const chosen = looked.find(({ node }) => node === decided.node);
  if (chosen?.score === undefined || rounded(chosen.score) !== decided.score) return undefined;
  const { sure, perhaps } = seen(looked, decided.considered);
  const feasible = decided.considered - total(decided.excluded);
  const isAll = perhaps.length === 0;
  if (feasible > sample || (feasible < sample && decided.considered < looked.length)) return undefined;
  if (!isAll && !perhaps.includes(chosen) && !sure.includes(chosen)) return undefined;
  if (isAll && (!sure.includes(chosen) || !sameCounts(decided.excluded, turnedAway(sure)))) return undefined;
  if (!isAll && !fitsBetween(decided, sure, perhaps)) return undefined;
  const lowest = chosen.score;
  if (sure.some(({ score }) => score !== undefined && score < lowest)) return undefined;
  const tiedWith = [...sure, ...perhaps].filter((each) => each !== chosen && each.score === lowest).map(({ node }) => node);
  return { how: isAll ? 'exactly' : 'sampled', tiedWith, unsure: perhaps.map(({ node }) => node) };
};

/** Of so many that were looked at: those of the freer buckets for certain, of the last one some. */
const seen = (
  looked: readonly Surveyed[],
  considered: number,
): { readonly sure: readonly Surveyed[]; readonly perhaps: readonly Surveyed[] } => {
  const buckets = [...Map.groupBy(looked, ({ bucket }) => bucket)].toSorted(([a], [b]) => a - b);
  const sure: Surveyed[] = [];
  for (const [, rows] of buckets) {
    if (sure.length === considered) break;
    if (sure.length + rows.length > considered) return { sure, perhaps: rows };
    sure.push(...rows);
  }
  return { sure, perhaps: [] };
};

/** Whether those looked at in the last bucket can have been turned away as is said, and enough of the others can have scored no better than the chosen one. */
const fitsBetween = ({ excluded, considered, node }: Decided, sure: readonly Surveyed[], perhaps: readonly Surveyed[]): boolean => {
  const [known, open] = [turnedAway(sure), turnedAway(perhaps)];
  const filters = new Set([...Object.keys(excluded), ...Object.keys(known)]);
  for (const filter of filters) {
    const rest = (excluded[filter] ?? 0) - (known[filter] ?? 0);
    if (rest < 0 || rest > (open[filter] ?? 0)) return false;
  }
  const chosen = [...sure, ...perhaps].find((each) => each.node === node)?.score ?? 0;
  const left = considered - sure.length - (total(excluded) - total(known));
  const worse = perhaps.filter(({ score }) => score !== undefined && score >= chosen).length;
  return left >= (perhaps.some((each) => each.node === node) ? 1 : 0) && left <= worse;
};

const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
const rounded = (score: number): number => Math.round(score * 1000) / 1000;
const sameCounts = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => (a[key] ?? 0) === (b[key] ?? 0));
