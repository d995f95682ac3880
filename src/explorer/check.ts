import { composeStrategy } from '../domain/deployment/kit/compose.ts';
import type { AnyStrategy } from '../domain/deployment/kit/strategy.ts';
import { deploymentPolicy } from '../domain/deployment/policy.facts.ts';
import { explore, type Report } from './explore.ts';
import type { ExploreOptions } from './options.ts';

export type CheckOptions = Partial<Omit<ExploreOptions, 'policy'>> & {
  /** As an app's definition would say them, `deployment` apart from its strategy. */
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly parameters?: Readonly<Record<string, unknown>>;
};

/**
 * Explores a strategy in the frame that it will run in, with these parameters. One that goes back by `recreate` says of itself that
 * nobody need serve meanwhile and that nothing may run twice: it is held to that, where nothing else is said.
 * @throws ZodError for parameters that the strategy does not take, or a policy that is none
 */
export const checkStrategy = (spec: AnyStrategy, { parameters = {}, policy = {}, ...given }: CheckOptions = {}): Report => {
  const limits = spec.wayBack === 'recreate' ? { minimumHealthCapacity: 0, maximumOverCapacity: 0 } : {};
  spec.parameters?.parse(parameters);
  return explore(composeStrategy(spec), { ...limits, ...given, policy: deploymentPolicy.parse({ ...policy, parameters }) });
};
