import type { Recorded } from '../domain/kernel/recorded.ts';
import type { PastLog } from '../domain/ports/past.ts';
import type { Measured, OtherOutcome, Speed, WhatIfReport } from '../domain/ports/whatIf.ts';
import { beginningOf } from '../history/whatIf/beginning.ts';
import { closenessOf, deploymentsBetween, movedBetween, sumsOf } from '../history/whatIf/compare.ts';
import { measure } from '../history/whatIf/measure.ts';
import { type Script, scriptOf } from '../history/whatIf/script.ts';
import { foldedViews } from './fork.ts';
import { type Changes, type Played, play, type Span } from './play.ts';

export type WhatIfOptions = {
  readonly seed?: number;
  readonly changes: Changes;
  /** Views as of the beginning of the span, a new one each time; folded from the past where absent. */
  readonly views?: () => ReturnType<typeof foldedViews>;
  readonly onProgress?: (phase: 'baseline' | 'what if', share: number) => void;
  /** Milliseconds of real time, for the speed alone. */
  readonly stopwatch?: () => number;
};

export type WhatIf = {
  readonly report: WhatIfReport;
  readonly speed: Speed;
  /** What the two sandboxes appended. */
  readonly facts: { readonly baseline: readonly Recorded[]; readonly whatIf: readonly Recorded[] };
};

/** Replays a span of the past twice, as it was and changed, and says what comes out otherwise. @throws Error for changes that make no sense there */
export const whatIf = async (past: PastLog, span: Span, options: WhatIfOptions): Promise<WhatIf> => {
  const { changes, seed = 1, onProgress, stopwatch = () => performance.now() } = options;
  const viewsThen = options.views ?? (() => foldedViews(past, span.from.position));
  const recorded = [...past.between(span.from.position, span.to.position)];
  let views: ReturnType<typeof foldedViews> | undefined = viewsThen();
  const before = beginningOf(views);
  const script = scriptOf(recorded, before);
  const placementSeed = placementSeedAt(past, span.from.position);
  let [wallMs, startMs] = [0, 0];
  const run = async (phase: 'baseline' | 'what if', changed: Changes): Promise<Played> => {
    const own = views ?? viewsThen();
    views = undefined;
    const began = stopwatch();
    let started = began;
    const played = await play(past, script, span, {
      seed,
      views: own,
      onStarted: () => {
        started = stopwatch();
      },
      placementSeed,
      changes: changed,
      ...(onProgress !== undefined && { onProgress: (share: number) => onProgress(phase, share) }),
    });
    startMs += started - began;
    wallMs += stopwatch() - started;
    return played;
  };
  const baseline = await run('baseline', {});
  const changed = await run('what if', changes);
  const instants = { from: span.from.at, to: span.to.at };
  const measured = (facts: Iterable<Recorded>): Measured => measure(facts, before, instants);
  const [was, base, now] = [measured(recorded), measured(baseline.facts), measured(changed.facts)];
  const simulatedMs = 2 * (span.to.at - span.from.at);
  return {
    report: {
      from: span.from,
      to: span.to,
      changed: wordsFor(changes),
      requests: script.requests.length,
      hostEvents: script.hosts.length,
      closeness: closenessOf(was, { ...base, ...baseline }),
      baseline: sumsOf(base),
      whatIf: sumsOf(now),
      placements: {
        baseline: base.placements.length,
        whatIf: now.placements.length,
        moved: movedBetween(base.placements, now.placements),
      },
      deployments: deploymentsBetween(base.deployments, now.deployments),
      otherwise: otherwiseThan(script, baseline, changed),
      assumed: changed.assumed,
    },
    speed: { simulatedMs, wallMs, startMs, times: simulatedMs / Math.max(wallMs, 0.001) },
    facts: { baseline: baseline.facts, whatIf: changed.facts },
  };
};

/** Facts that are looked back over, at most: behind them the search for places begins anywhere. */
const LOOK_BACK_MAX = 200_000;

/** Where the engine's search for places stood: it counts up with each one that it tried since its start. */
const placementSeedAt = (past: PastLog, position: number): number => {
  const lease = past.stream('lease-engine', position).at(-1)?.position ?? 0;
  if (position - lease > LOOK_BACK_MAX) return 0;
  let tried = 0;
  for (const { fact } of past.between(lease, position)) if (fact.type === 'InstancePlaced' || fact.type === 'PlacementDeferred') tried++;
  return tried;
};

const wordsFor = ({ policy, strategy, without = [], add = [] }: Changes): readonly string[] => [
  ...(policy === undefined ? [] : [`placement by ${policy.name ?? 'another policy'}`]),
  ...(strategy === undefined ? [] : [`deployments by ${typeof strategy === 'string' ? strategy : strategy.spec.id}`]),
  ...without.map((node) => `without node ${node}`),
  ...add.map(({ id, like }) => `with one more node ${id} like ${like}`),
];

const otherwiseThan = ({ requests }: Script, baseline: Played, changed: Played): readonly OtherOutcome[] =>
  requests.flatMap(({ id, command, subject }) => {
    const [was, now] = [baseline.outcomes.get(id), changed.outcomes.get(id)];
    if (was === undefined || now === undefined || (was === 'accepted') === (now === 'accepted')) return [];
    return [{ request: id, command, subject, was: was === 'accepted' ? ('accepted' as const) : ('refused' as const), now }];
  });
