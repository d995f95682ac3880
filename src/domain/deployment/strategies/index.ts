import type { Chart } from '../../kernel/chart/chart.ts';
import type { DeploymentFact } from '../deployment.facts.ts';
import type { StrategyContext } from './frame.ts';
import { recreateChart, removalChart } from './recreate.chart.ts';
import { rollingChart } from './rolling.chart.ts';

/** Every strategy that a stream may name. A retired version stays here for as long as a stream needs it. */
export const strategies: Readonly<Record<string, Chart<StrategyContext, DeploymentFact>>> = Object.fromEntries(
  [rollingChart, recreateChart, removalChart].map((chart) => [chart.id, chart]),
);
