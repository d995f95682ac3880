import { either as E } from 'fp-ts';
import { codecOf } from '../kernel/codec.ts';
import type { Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { type StrategyContext, strategyChart } from './strategy.chart.ts';
import type { StrategyCommand } from './strategy.commands.ts';
import { STRATEGY, type StrategyFact, strategyFacts } from './strategy.facts.ts';

export const strategyNoun: Noun<StrategyContext, StrategyCommand, StrategyFact> = {
  noun: STRATEGY,
  charts: { [strategyChart.id]: strategyChart },
  chartFor: () => strategyChart.id,
  codec: codecOf<StrategyFact>({ StrategyRegistered: { version: 1, schema: strategyFacts.StrategyRegistered } }),
  decide: ({ type: _, ...registration }, { context: { versions, newest } }) => {
    const { id, name, version, sha256 } = registration;
    const known = versions[id];
    if (known === sha256) return E.right([]);
    const next = `${name}.v${newest + 1}`;
    if (known !== undefined)
      return E.left(
        refusal('already-exists', `${id} is registered already, and reads differently; a changed strategy needs a new version: '${next}'.`),
      );
    if (version < newest)
      return E.left(refusal('illegal-in-state', `${id} is older than ${name}.v${newest}, which is registered; the next one is '${next}'.`));
    return E.right([{ type: 'StrategyRegistered', ...registration }]);
  },
};
