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

/** `canary.v1` is a version of `canary`. */
function nameOf(id: string): string {
  return id.replace(/\.v\d+$/, '');
}

export const strategyCalled = (name: string): AnyStrategy | undefined => newest.get(name);

/** A version by its id, or the newest one of a name. */
export const chartCalled = (name: string): StrategyOf | undefined => strategies[name] ?? strategies[newest.get(name)?.id ?? ''];

export const strategyNames = (): readonly string[] => [...newest.keys()];
