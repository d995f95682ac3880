import type { DeploymentFact, Tallies, Weights } from '../domain/deployment/deployment.facts.ts';
import { rollingLimits } from '../domain/deployment/strategies/limits.ts';
import { crowdOf, type Hosts, liveOf, presentIn, readyIn } from './hosts.ts';
import type { ExploreOptions } from './options.ts';
import { type AnyChart, type AnyState, fold, tell, type World } from './world.ts';

/** What must never be, by the short name of the rule. */
export type Rule =
  | 'minimum-healthy'
  | 'surge'
  | 'way-back'
  | 'traffic-to-nobody'
  | 'abort'
  | 'returns'
  | 'ends-with-nothing'
  | 'target'
  | 'same-history'
  | 'stuck'
  | 'hunting';

export type Broken = { readonly rule: Rule; readonly what: string };

export const OLD = 'old';
export const NEW = 'new';

/** How many are wanted at least and at most while the target changes: what was there counts as well as what is to come. */
const targets = ({ deployment }: World, { instances }: ExploreOptions): readonly [least: number, most: number] => {
  const to = deployment.context.to?.instances ?? instances;
  return [Math.min(to, instances), Math.max(to, instances)];
};

const limits = (instances: number, { minimumHealthCapacity, maximumOverCapacity }: ExploreOptions) =>
  rollingLimits({ instances, minimumHealthCapacity, maximumOverCapacity, running: 0, healthy: instances, resident: false });

/** A stop of ours never takes those fit to serve below the minimum; who dies by himself is another matter. */
export const afterStops = (world: World, hosts: Hosts, stopped: readonly string[], options: ExploreOptions): Broken | undefined => {
  const [least] = targets(world, options);
  const { minHealthy } = limits(least, options);
  const [before, after] = [readyIn(world.hosts), readyIn(hosts)];
  if (after < before && after < minHealthy)
    return {
      rule: 'minimum-healthy',
      what: `it stops instances that serve: ${before} were ready, ${after} still are, and ${minHealthy} must be`,
    };
  for (const version of new Set(stopped)) {
    const [had, has] = [crowdOf(world.hosts, version).ready, crowdOf(hosts, version).ready];
    if (has < had && isHome(world, version) && liveOf(crowdOf(hosts, version)) < homeTarget(world, options))
      return { rule: 'way-back', what: `on the way back it stops a ready instance of the ${version} version, which it goes back to` };
    if (had > 0 && has === 0 && (world.weights[version] ?? 0) > 0)
      return {
        rule: 'traffic-to-nobody',
        what: `it stops the last ready instance of the ${version} version, which still gets ${share(world.weights, version)} % of the requests`,
      };
  }
  return undefined;
};

const share = (weights: Weights, version: string): number => {
  const sum = Object.values(weights).reduce((all, weight) => all + weight, 0);
  return Math.round((100 * (weights[version] ?? 0)) / sum);
};

const isHome = ({ deployment }: World, version: string): boolean => deployment.value.startsWith('returning') && version === OLD;
const homeTarget = ({ deployment }: World, options: ExploreOptions): number =>
  deployment.context.isRescaled === true ? deployment.context.to?.instances : options.instances;

/** No start of ours makes more present than the surge allows. */
export const afterStarts = (world: World, hosts: Hosts, options: ExploreOptions): Broken | undefined => {
  const [, most] = targets(world, options);
  const { minHealthy } = limits(most, options);
  const capacity = Math.floor(most * (1 + options.maximumOverCapacity));
  // Where no room is on either side one more may come, or nothing could move.
  const allowed = minHealthy === capacity ? capacity + 1 : capacity;
  const present = presentIn(hosts);
  return present > allowed ? { rule: 'surge', what: `${present} instances are present, and ${allowed} may be` } : undefined;
};

/** What must hold after a fact, whatever it was. */
export const afterFact = (chart: AnyChart, before: World, { deployment }: World): Broken | undefined => {
  const [was, is] = [before.deployment, deployment].map((state) => weightsOwed(chart, state));
  if (is === undefined) return undefined;
  const tallies: Tallies = deployment.context.tallies ?? {};
  const readyOf = (version: string): number => tallies[version]?.ready ?? 0;
  const grown = Object.keys(is).find((version) => (is[version] ?? 0) > 0 && (was?.[version] ?? 0) === 0 && readyOf(version) === 0);
  if (grown === undefined || !Object.keys(tallies).some((version) => readyOf(version) > 0)) return undefined;
  return { rule: 'traffic-to-nobody', what: `it sends requests to the ${grown} version, of which it knows that nobody is ready` };
};

const weightsOwed = (chart: AnyChart, state: AnyState): Weights | undefined =>
  chart.owed(state).find(({ type }) => type === 'traffic')?.params.weights as Weights | undefined;

/** What must hold in every state. */
export const inState = (chart: AnyChart, world: World): Broken | undefined => {
  const { deployment } = world;
  const { value } = deployment;
  if (chart.isFinal(deployment) || value.startsWith('releasing') || value === 'absent') return undefined;
  const { refusal, facts } = tell(chart, world, { type: 'AbortDeployment', reason: 'somebody wants it back' });
  if (refusal !== undefined || (facts.length === 0 && value !== 'returning'))
    return { rule: 'abort', what: `in '${value}' it can't be aborted: ${refusal?.message ?? 'nothing follows from it'}` };
  return wantsMore(chart, world);
};

/** A target is the same however often it is looked at: the same facts fold to the same, and the same look wants the same. */
const wantsMore = (chart: AnyChart, { deployment }: World): Broken | undefined => {
  const { tallies } = deployment.context;
  if (tallies === undefined) return undefined;
  const look: DeploymentFact = { type: 'SlotsChanged', tallies };
  const once = fold(chart, deployment, look);
  if (once === undefined || once.value !== deployment.value) return undefined;
  const again = fold(chart, once, look);
  if (again === undefined || again.value !== once.value) return undefined;
  const [first, second] = [once, again].map((state) => chart.owed(state).find(({ type }) => type === 'want'));
  if (first === undefined || second === undefined) return undefined;
  const [one, two] = [first, second].map(({ params }) => JSON.stringify(params.slots));
  return one === two
    ? undefined
    : { rule: 'target', what: `it wants an increment: looking at the same instances once more it wants ${two}, where it wanted ${one}` };
};

/** What must hold where the app gets its lock back. */
export const atEnd = (chart: AnyChart, world: World, options: ExploreOptions): Broken | undefined => {
  const { deployment, isAborted, isCancelled } = world;
  const params = chart.owed(deployment).find(({ type }) => type === 'release')?.params;
  const slots = (params?.slots ?? {}) as Readonly<Record<string, number>>;
  const { from = {}, to } = deployment.context;
  if (isCancelled) return undefined;
  const had = Object.keys(from).length > 0;
  if (had && (to?.instances ?? 0) > 0 && Object.values(slots).every((count) => count === 0))
    return { rule: 'ends-with-nothing', what: 'it ends with no instance wanted, where some were' };
  if (isAborted && options.policy.rollback && from[OLD] > 0 && (Object.keys(slots).join() !== OLD || params?.outcome === 'succeeded'))
    return { rule: 'returns', what: `it was aborted, and ends with ${JSON.stringify(slots)} instead of the old version` };
  return undefined;
};
