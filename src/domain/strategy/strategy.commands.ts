import type { StrategyRegistration } from './strategy.facts.ts';

export type StrategyCommand = { readonly type: 'RegisterStrategy' } & StrategyRegistration;
