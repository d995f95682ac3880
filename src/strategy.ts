/**
 * The kit that strategies are written with: the package's entry `wharfinger/strategy`, and the only thing that a strategy may import.
 *
 * ```ts
 * import { isThere, strategy, want, wanted } from 'wharfinger/strategy';
 *
 * export default strategy(
 *   { id: 'simple.v1', description: 'New instances come, old ones go.' },
 *   {
 *     initial: 'moving',
 *     states: {
 *       moving: {
 *         entry: want((course) => ({ new: wanted(course), old: 0 })),
 *         on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
 *       },
 *     },
 *   },
 * );
 * ```
 */
export { z } from 'zod';
export type { DeploymentFact, Tallies, Tally, Weights } from './domain/deployment/deployment.facts.ts';
export {
  before,
  type Course,
  failures,
  fresh,
  isEmptyOfOld,
  isReady,
  isThere,
  old,
  wanted,
} from './domain/deployment/kit/course.ts';
export { type Body, type Head, type State, strategy } from './domain/deployment/kit/define.ts';
export { approval, exactly, gates, type Owes, type RuleFor, type Share, traffic, want } from './domain/deployment/kit/owes.ts';
export { type Story, storyOf } from './domain/deployment/kit/story.ts';
export type { CourseFact, StrategySpec } from './domain/deployment/kit/strategy.ts';
export { type Goal, roomFor } from './domain/deployment/kit/want.ts';
export type { DeploymentPolicy } from './domain/deployment/policy.facts.ts';
export { type GateSpec, gateSpec } from './domain/gate/gate.facts.ts';
export type { NodeSight, PlacementAsk, PlacementPolicy } from './domain/placement/policy.ts';
