import type { SlotsByVersion, Target } from '../../app/app.facts.ts';
import type { DeploymentFact, DeploymentFactOf, Tallies, Tally } from '../deployment.facts.ts';
import type { DeploymentPolicy } from '../policy.facts.ts';

/** What every strategy's chart keeps: where it comes from, where it goes, what is there, and what it wants next. */
export type StrategyContext = {
  readonly app: string;
  readonly from: SlotsByVersion;
  readonly to: Target | undefined;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  readonly retire: readonly string[];
  /** What was seen last; absent before the first look, which is always worth a fact. */
  readonly tallies: Tallies | undefined;
  /** How many of which version: the target that the state owes. */
  readonly want: SlotsByVersion;
  readonly outcome: Outcome;
  readonly paused?: { readonly reason: string; readonly at: number } | undefined;
  /** When the next progress is due, an instant. */
  readonly progressBy?: number | undefined;
  /** A look is due, whatever was seen before. */
  readonly isStale?: boolean;
  readonly policy?: DeploymentPolicy;
};

export type Outcome = 'succeeded' | 'cancelled' | 'failed';

export const nothingYet: StrategyContext = {
  app: '',
  from: {},
  to: undefined,
  minimumHealthCapacity: 1,
  maximumOverCapacity: 1,
  retire: [],
  tallies: undefined,
  want: {},
  outcome: 'succeeded',
};

export const NONE: Tally = { live: 0, ready: 0, leaving: 0, failed: 0 };

/** Sum of the tallies of all versions but one. */
export const othersThan = (version: string | undefined, tallies: Tallies): Tally =>
  Object.entries(tallies)
    .filter(([other]) => other !== version)
    .reduce(
      (sum, [, { live, ready, leaving, failed }]) => ({
        live: sum.live + live,
        ready: sum.ready + ready,
        leaving: sum.leaving + leaving,
        failed: sum.failed + failed,
      }),
      NONE,
    );

/** The fields that a start gives to any strategy. */
export const started = (event: DeploymentFact): Omit<StrategyContext, 'want' | 'tallies' | 'outcome'> => {
  const { app, from, to, minimumHealthCapacity, maximumOverCapacity, retire } = event as DeploymentFactOf<'DeploymentStarted'>;
  return { app, from, to, minimumHealthCapacity, maximumOverCapacity, retire };
};

export const talliesOf = (event: DeploymentFact): Tallies => (event as DeploymentFactOf<'SlotsChanged'>).tallies;

/** Only the versions of which some are wanted. */
export const slotsOf = (entries: readonly (readonly [string, number])[]): SlotsByVersion =>
  Object.fromEntries(entries.filter(([, count]) => count > 0));

/** The whole of the target, and nothing else, is there and ready. */
export const isThere = (to: Target | undefined, tallies: Tallies): boolean => {
  const others = othersThan(to?.configVersion, tallies);
  if (others.live + others.leaving > 0) return false;
  if (to === undefined) return true;
  const { live, ready, leaving } = tallies[to.configVersion] ?? NONE;
  return live === to.instances && ready === to.instances && leaving === 0;
};
