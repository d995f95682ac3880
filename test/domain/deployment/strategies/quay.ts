import type { SlotsByVersion } from '../../../../src/domain/app/app.facts.ts';
import { sameTallies } from '../../../../src/domain/deployment/deployment.decider.ts';
import type { DeploymentFact, Tallies } from '../../../../src/domain/deployment/deployment.facts.ts';
import type { StrategyContext } from '../../../../src/domain/deployment/strategies/frame.ts';
import type { Chart } from '../../../../src/domain/kernel/chart/chart.ts';
import type { ChartState } from '../../../../src/domain/kernel/chart/state.ts';

/** A model of what a strategy steers: instances that start, become ready, die and go, and a conductor that obeys `want`. */
export type Berth = { readonly version: string; phase: 'starting' | 'ready' | 'leaving' };

export type Quay = {
  readonly berths: Berth[];
  state(): ChartState<StrategyContext>;
  wanted(): SlotsByVersion | undefined;
  /** It watches nobody any more. */
  isOver(): boolean;
  tallies(): Tallies;
  /** Tells the deployment what is there, as the conductor does when it differs from what the deployment knows. */
  look(): void;
  /** As `look`, with what was there some time ago. */
  hear(tallies: Tallies): void;
  retarget(instances: number): void;
  /** The next single thing that the conductor does to come nearer to `want`; undefined when there is nothing left to do. */
  act(): { readonly did: 'start' | 'stop'; readonly berth: Berth } | undefined;
};

export const quayOf = (chart: Chart<StrategyContext, DeploymentFact>, start: DeploymentFact, berths: Berth[]): Quay => {
  const step = (from: ChartState<StrategyContext>, fact: DeploymentFact) => {
    const next = chart.step(from, fact, 0);
    if (next === undefined) throw new Error(`${fact.type} is not accepted in ${from.value}`);
    return next;
  };
  let state = step(chart.initial(), start);
  const owed = () => chart.owed(state).find(({ type }) => type === 'want')?.params as { slots: SlotsByVersion; most?: number } | undefined;
  const wanted = () => owed()?.slots;
  const watches = () => chart.owed(state).some(({ type }) => type === 'watch');
  const tallies = (): Tallies => {
    const result: Record<string, { live: number; ready: number; leaving: number; failed: number }> = {};
    for (const { version, phase } of berths) {
      result[version] ??= { live: 0, ready: 0, leaving: 0, failed: 0 };
      if (phase === 'leaving') result[version].leaving++;
      else result[version].live++;
      if (phase === 'ready') result[version].ready++;
    }
    return result;
  };
  return {
    berths,
    state: () => state,
    wanted,
    isOver: () => !watches(),
    tallies,
    look: () => {
      const seen = tallies();
      const known = state.context.tallies;
      if (!watches() || (known !== undefined && sameTallies(known, seen))) return;
      state = step(state, { type: 'SlotsChanged', tallies: seen });
    },
    hear: (tallies) => {
      if (watches()) state = step(state, { type: 'SlotsChanged', tallies });
    },
    retarget: (instances) => {
      if (watches()) state = step(state, { type: 'TargetChanged', instances });
    },
    act: () => {
      const { slots, most = Number.POSITIVE_INFINITY } = owed() ?? {};
      if (slots === undefined || state.context.tallies === undefined) return undefined;
      const live = berths.filter(({ phase }) => phase !== 'leaving');
      for (const version of new Set([...Object.keys(slots), ...live.map((berth) => berth.version)])) {
        const there = live.filter((berth) => berth.version === version);
        const berth = there.find(({ phase }) => phase === 'starting') ?? there[0];
        if (berth !== undefined && there.length > (slots[version] ?? 0)) {
          berth.phase = 'leaving';
          return { did: 'stop', berth };
        }
        if (there.length < (slots[version] ?? 0) && berths.length < most) {
          const started: Berth = { version, phase: 'starting' };
          berths.push(started);
          return { did: 'start', berth: started };
        }
      }
      return undefined;
    },
  };
};
