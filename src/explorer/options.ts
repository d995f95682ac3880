import { type DeploymentPolicy, deploymentPolicy } from '../domain/deployment/policy.facts.ts';

/** How far a strategy is explored. More of anything multiplies the states. */
export type ExploreOptions = {
  /** Instances wanted of either version. */
  readonly instances: number;
  /**
   * Faults on one way: crashes, failed launches, lost hosts, restarts of the engine, reports that come late. What an operator does
   * besides approving, resuming and aborting (pausing, changing the scale, cancelling) counts as one as well.
   */
  readonly faults: number;
  /** Share of the instances that must stay healthy, as in the app's `upgradeStrategy`. */
  readonly minimumHealthCapacity: number;
  /** Share of the instances that may come on top, as in the app's `upgradeStrategy`. */
  readonly maximumOverCapacity: number;
  /** As in the app's `deployment`, with the strategy's parameters. */
  readonly policy: DeploymentPolicy;
  /** What is there when it begins. */
  readonly starts: readonly Start[];
  /** Beyond so many states it gives up. */
  readonly statesMax: number;
  /** Told now and then how far it is. */
  readonly onProgress?: (progress: { readonly states: number; readonly waiting: number; readonly depth: number }) => void;
};

/** All of the old version; some of each, as another deployment left them; nothing at all. */
export type Start = 'whole' | 'mixed' | 'nothing';

export const EXPLORED_INSTANCES = 3;
export const EXPLORED_FAULTS = 1;
export const EXPLORED_STATES_MAX = 1_000_000;
/** More than these would not end in any patience. */
export const INSTANCES_MAX = 8;
export const FAULTS_MAX = 4;

const usual: ExploreOptions = {
  instances: EXPLORED_INSTANCES,
  faults: EXPLORED_FAULTS,
  minimumHealthCapacity: 1,
  maximumOverCapacity: 1,
  policy: deploymentPolicy.parse({}),
  starts: ['whole', 'nothing'],
  statesMax: EXPLORED_STATES_MAX,
};

/** @throws RangeError for a number that can't be explored. */
export const optionsFrom = (given: Partial<ExploreOptions>): ExploreOptions => {
  const options = { ...usual, ...given };
  const within = (name: 'instances' | 'faults' | 'statesMax', least: number, most: number): void => {
    const value = options[name];
    if (!Number.isInteger(value) || value < least || value > most)
      throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
  };
  within('instances', 1, INSTANCES_MAX);
  within('faults', 0, FAULTS_MAX);
  within('statesMax', 1, 100_000_000);
  return options;
};
