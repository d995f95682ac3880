import type { Chart } from '../../kernel/chart/chart.ts';
import type { DeploymentFact } from '../deployment.facts.ts';
import { composeStrategy } from '../kit/compose.ts';
import type { AnyStrategy } from '../kit/strategy.ts';
import { ab } from './ab.ts';
import { bluegreen } from './bluegreen.ts';
import { canary } from './canary.ts';
import type { StrategyContext } from './frame.ts';
import { recreateChart, removalChart } from './recreate.chart.ts';
import { recreate } from './recreate.ts';
import { revert } from './revert.ts';
import { rollingChart } from './rolling.chart.ts';
import { rolling } from './rolling.ts';

export type StrategyOf = Chart<StrategyContext, DeploymentFact>;

/** The built-in strategies, in the form of any other one. */
export const builtIn: readonly AnyStrategy[] = [rolling, recreate, bluegreen, canary, ab, revert];

/** Every chart that a stream may name; it only ever grows. A retired version stays here for as long as a stream needs it. */
export const strategies: Record<string, StrategyOf> = Object.fromEntries(
  [...builtIn.map((spec) => composeStrategy(spec) as unknown as StrategyOf), rollingChart, recreateChart, removalChart].map((chart) => [
    chart.id,
    chart,
  ]),
);

/** The specs that a new deployment may name, by name: the newest version of each. */
const newest = new Map(builtIn.map((spec) => [nameOf(spec.id), spec]));
/** Every spec, by id. */
const specs = new Map<string, AnyStrategy>(builtIn.map((spec) => [spec.id, spec]));
/** Why a strategy that the log holds can't be used, by id. */
const broken = new Map<string, string>();

/** `canary.v1` is a version of `canary`. */
export function nameOf(id: string): string {
  return id.replace(/\.v\d+$/, '');
}

const numberOf = (id: string): number => Number(/\.v(\d+)$/.exec(id)?.[1] ?? 0);
export const isBuiltIn = (name: string): boolean => builtIn.some(({ id }) => nameOf(id) === name);

/**
 * Adds a strategy that an operator registered. The log says what an id means: what it says last is what counts.
 * @throws Error where it does not compose with the frame
 */
export const learn = (spec: AnyStrategy): void => {
  strategies[spec.id] = composeStrategy(spec) as unknown as StrategyOf;
  specs.set(spec.id, spec);
  broken.delete(spec.id);
  const name = nameOf(spec.id);
  if (!isBuiltIn(name) && numberOf(spec.id) >= numberOf(newest.get(name)?.id ?? '')) newest.set(name, spec);
};

/** What a stream that names it is told, and whoever would begin something by it: nobody goes on by another version in its stead. */
export const learnBroken = (id: string, why: string): void => {
  delete strategies[id];
  specs.delete(id);
  broken.set(id, `the strategy '${id}' does not load any more: ${why}`);
  const name = nameOf(id);
  if (!isBuiltIn(name) && numberOf(id) >= numberOf(newest.get(name)?.id ?? '')) newest.delete(name);
};

/** Why there is no such version, or no such strategy, where the log holds it. */
export const whyBroken = (called: string): string | undefined =>
  broken.get(called) ?? [...broken].findLast(([id]) => nameOf(id) === called)?.[1];

/** A strategy by its id; none of the charts of before the frame. */
export const specOf = (id: string): AnyStrategy | undefined => specs.get(id);

export const strategyCalled = (name: string): AnyStrategy | undefined => newest.get(name);

/** A version by its id, or the newest one of a name. */
export const chartCalled = (name: string): StrategyOf | undefined => strategies[name] ?? strategies[newest.get(name)?.id ?? ''];

export const strategyNames = (): readonly string[] => [...newest.keys()];
