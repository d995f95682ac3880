import { either as E } from 'fp-ts';
import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { deploymentNoun } from '../domain/deployment/deployment.decider.ts';
import type { DeploymentFact, Tallies, Weights } from '../domain/deployment/deployment.facts.ts';
import type { Chart } from '../domain/kernel/chart/chart.ts';
import type { ChartState, Owed, TimerElapsed } from '../domain/kernel/chart/state.ts';
import type { Refusal } from '../domain/kernel/refusal.ts';
import type { Hosts } from './hosts.ts';

/** A chart over the facts of a deployment: composed by the kit, or any other one that knows them. */
// biome-ignore lint/suspicious/noExplicitAny: each chart has a context of its own
export type AnyChart = Chart<any, DeploymentFact>;
// biome-ignore lint/suspicious/noExplicitAny: each chart has a context of its own
export type AnyState = ChartState<any>;

/** All there is: the deployment as the log has it, the hosts, the balancer, and what is on its way. */
export type World = {
  readonly deployment: AnyState;
  readonly hosts: Hosts;
  /** Told by the conductor, and not in the log yet. */
  readonly report: Tallies | undefined;
  /** How the balancer sends requests: by version, empty for all servers alike. */
  readonly weights: Weights;
  /** Kinds of effects whose outcome the deployment was told, as they are owed now. */
  readonly answered: readonly string[];
  readonly faults: number;
  readonly isAborted: boolean;
  readonly isCancelled: boolean;
};

export type Told = { readonly world: World; readonly facts: readonly DeploymentFact[]; readonly refusal?: Refusal };

/** A moment of the model. All timers stand at it: which is due first is left open, so any order is explored. */
const NOW = 0;

/** Folds a fact by the chart, as production does; time is taken out of the result, so that equal states are equal. */
export const fold = (chart: AnyChart, state: AnyState, fact: DeploymentFact | TimerElapsed, at = NOW): AnyState | undefined => {
  const next = chart.step(state, fact, at);
  const again = chart.step(state, fact, at);
  if (next === undefined && again === undefined) return undefined;
  const [one, two] = [next, again].map((each) => (each === undefined ? undefined : timeless(each)));
  if (one === undefined || two === undefined || stateKey(one) !== stateKey(two)) throw new Forgetful(fact.type);
  return one;
};

/** The same fact folds to something else the second time: what the chart remembers is not all in its state. */
export class Forgetful extends Error {
  override name = 'Forgetful';
}

const timeless = (state: AnyState): AnyState => ({
  ...state,
  at: NOW,
  ...(state.heldAt !== undefined && { heldAt: NOW }),
  active: state.active.map((node) =>
    node.timers.length === 0 ? node : { ...node, timers: node.timers.map(({ key }) => ({ key, due: NOW })) },
  ),
});

/** Production's decider is asked, and what it decides is folded. */
export const tell = (chart: AnyChart, world: World, command: DeploymentCommand, at = NOW): Told => {
  const { deployment } = world;
  const decision = deploymentNoun.decide(command, deployment, at, (fact) => chart.step(deployment, fact, at) !== undefined);
  if (E.isLeft(decision)) return { world, facts: [], refusal: decision.left };
  let told = world;
  for (const fact of decision.right) {
    const next = fold(chart, told.deployment, fact, at);
    // It was accepted a moment ago.
    if (next === undefined) throw new Forgetful(fact.type);
    told = withDeployment(chart, told, next);
  }
  return { world: told, facts: decision.right };
};

/** The world with the deployment one fact on: what is owed as before stays answered, and what is not owed is let go. */
export const withDeployment = (chart: AnyChart, world: World, deployment: AnyState): World => {
  const before = chart.owed(world.deployment);
  const now = chart.owed(deployment);
  const answered = world.answered.filter((type) => {
    const [was, is] = [before, now].map((owed) => owed.find((one) => one.type === type));
    return was !== undefined && is !== undefined && isSame(was, is);
  });
  const weights = now.some(({ type }) => type === 'traffic') ? world.weights : {};
  return { ...world, deployment, answered, weights };
};

const isSame = (a: Owed, b: Owed): boolean =>
  a.node === b.node && a.entryRevision === b.entryRevision && JSON.stringify(a.params) === JSON.stringify(b.params);

export const owedOf = (chart: AnyChart, { deployment }: World, type: string): Owed | undefined =>
  chart.owed(deployment).find((owed) => owed.type === type);

/** Equal for worlds that have the same future. Revisions tell entries apart and nothing else, so they are left out. */
export const keyOf = ({ deployment, hosts, report, weights, answered, faults, isAborted, isCancelled }: World): string => {
  const crowds = Object.values(hosts).map(
    ({ coming, late, ready, unhealthy, unseen, forsaken, leaving, failed }) =>
      `${coming}.${late}.${ready}.${unhealthy}.${unseen}.${forsaken}.${leaving}.${failed}`,
  );
  const flags = `${faults}${Number(isAborted)}${Number(isCancelled)}`;
  return `${stateKey(deployment)}|${crowds.join()}|${tallyKey(report)}|${JSON.stringify(weights)}|${answered.join()}|${flags}`;
};

const keys = new WeakMap<AnyState, string>();

const stateKey = (state: AnyState): string => {
  let key = keys.get(state);
  if (key === undefined) {
    const timers = state.active.flatMap(({ timers }) => timers.map(({ key }) => key));
    key = `${state.value}${state.heldAt === undefined ? '' : ' held'}|${timers.join()}|${contextKey(state.context)}`;
    keys.set(state, key);
  }
  return key;
};

/** What never changes on the way, or is only said to people, need not tell states apart. */
const CONSTANT: ReadonlySet<string> = new Set(['app', 'policy', 'parameters', 'previous', 'retire', 'failure']);

const contextKey = (context: object): string =>
  JSON.stringify(Object.entries(context).filter(([name, value]) => value !== undefined && !CONSTANT.has(name)));

const tallyKey = (tallies: Tallies | undefined): string => (tallies === undefined ? '' : JSON.stringify(tallies));
