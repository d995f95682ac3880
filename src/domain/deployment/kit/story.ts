import type { ChartState } from '../../kernel/chart/state.ts';
import type { DeploymentFact, Tally, Weights } from '../deployment.facts.ts';
import { deploymentPolicy } from '../policy.facts.ts';
import { composeStrategy } from './compose.ts';
import { type Course, NOBODY } from './course.ts';
import type { AnyStrategy } from './strategy.ts';

/** Some of a tally; `live` where it is absent is as many as are ready. */
type Seen = Partial<Tally>;

export type StoryOptions = {
  /** Instances that are wanted of the new version; 4 where absent. */
  readonly instances?: number;
  /** Instances of the old version that serve when it begins; as many where absent. */
  readonly old?: number;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** As the app's `upgradeStrategy`. */
  readonly minimumHealthCapacity?: number;
  readonly maximumOverCapacity?: number;
};

/** A deployment by one strategy, told fact by fact without an engine: for the tests of its author. */
export type Story = {
  /** Where it stands, such as `growing`, `returning`, `releasing` or `failed`. */
  readonly state: string;
  /** How many of the new and of the old version it wants now; undefined where it wants nothing. */
  readonly wants: { readonly new: number; readonly old: number } | undefined;
  /** The share of new requests that the new version is to have, percent; undefined where all servers count alike. */
  readonly share: number | undefined;
  /** What it asks people, where it waits for an approval. */
  readonly asks: string | undefined;
  /** Instances of the two versions as they are now. */
  sees(there: { readonly new?: Seen; readonly old?: Seen }): Story;
  /** The balancer sends new requests as it asked. */
  shifted(): Story;
  /** The first delay that it waits for is over. @throws Error where it waits for none */
  waits(): Story;
  approved(): Story;
  gatesPass(): Story;
  gateFails(reason?: string): Story;
  winner(side: 'new' | 'old'): Story;
  aborted(): Story;
};

const OLD = 'old';
const NEW = 'new';

/**
 * Begins a deployment from the old version to the new one by this strategy.
 * @throws Error for a fact that its state does not take, and for what `composeStrategy` throws
 */
export const storyOf = (strategy: AnyStrategy, options: StoryOptions = {}): Story => {
  const { instances = 4, old = instances, parameters = {}, minimumHealthCapacity = 1, maximumOverCapacity = 1 } = options;
  const chart = composeStrategy(strategy);
  type Now = ChartState<Course>;
  const step = (now: Now, fact: DeploymentFact | Extract<Parameters<typeof chart.step>[1], { type: 'TimerElapsed' }>, at = now.at): Now => {
    const next = chart.step(now, fact, at);
    if (next === undefined) throw new Error(`${fact.type} means nothing in '${nameOf(now.value)}'`);
    return next;
  };
  const told = (now: Now): Story => {
    const owed = chart.owed(now);
    const paramsOf = <T>(type: string): T | undefined => owed.findLast((one) => one.type === type)?.params as T | undefined;
    const slots = paramsOf<{ slots: Readonly<Record<string, number>> }>('want')?.slots;
    const weights = paramsOf<{ weights: Weights }>('traffic')?.weights;
    const on = (fact: DeploymentFact): Story => told(step(now, fact));
    return {
      state: nameOf(now.value),
      wants: slots === undefined ? undefined : { new: slots[NEW] ?? 0, old: slots[OLD] ?? 0 },
      share: weights === undefined || Object.keys(weights).length === 0 ? undefined : weights[NEW],
      asks: paramsOf<{ question: string }>('approval')?.question,
      sees: ({ new: news = {}, old: olds = {} }) => on({ type: 'SlotsChanged', tallies: { ...some(OLD, olds), ...some(NEW, news) } }),
      shifted: () => on({ type: 'TrafficShifted', weights: weights ?? {} }),
      waits: () => {
        // The frame's own deadlines never come due here: the usual policy has none.
        const due = now.active.flatMap(({ node, revision, timers }) => timers.map((timer) => ({ ...timer, node, revision })));
        const next = due.filter((one) => Number.isFinite(one.due)).sort((a, b) => a.due - b.due)[0];
        if (next === undefined) throw new Error(`'${nameOf(now.value)}' waits for no delay`);
        const { node, revision: entryRevision, key: timer } = next;
        return told(step(now, { type: 'TimerElapsed', node, entryRevision, timer }, next.due));
      },
      approved: () => on({ type: 'DeploymentApproved' }),
      gatesPass: () => on({ type: 'GatesPassed', readings: [] }),
      gateFails: (reason = 'too many errors') => on({ type: 'GateFailed', gate: 'gate', reason, readings: [] }),
      winner: (winner) => on({ type: 'WinnerChosen', winner, reason: 'it was better' }),
      aborted: () => on({ type: 'DeploymentAborted', reason: 'somebody asked' }),
    };
  };
  const started = step(chart.initial() as Now, {
    type: 'DeploymentStarted',
    app: '/app',
    from: old === 0 ? {} : { [OLD]: old },
    to: { version: NEW, configVersion: NEW, instances },
    previous: { version: OLD, configVersion: OLD, instances: old },
    minimumHealthCapacity,
    maximumOverCapacity,
    retire: [],
    policy: deploymentPolicy.parse({ parameters }),
  });
  // Every deployment first looks what is there.
  return old === 0 ? told(started) : told(started).sees({ old: { ready: old } });
};

const some = (version: string, seen: Seen): Readonly<Record<string, Tally>> => {
  const tally = { ...NOBODY, ...seen, live: seen.live ?? seen.ready ?? 0 };
  return Object.values(tally).every((count) => count === 0) ? {} : { [version]: tally };
};

/** The author's own name of a state: the last part of its path, or the whole of the frame's ends. */
const nameOf = (value: string): string => value.replace(/^active\./, '').replace(/^releasing\..*/, 'releasing');
