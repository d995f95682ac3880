import { either as E } from 'fp-ts';
import { expect } from 'vitest';
import type { ChartState } from '../../src/domain/kernel/chart/state.ts';
import { type Command, type Decision, decideTimer, type ElapseTimer, evolve, type Noun } from '../../src/domain/kernel/decider.ts';
import type { Fact } from '../../src/domain/kernel/recorded.ts';
import type { RefusalCode } from '../../src/domain/kernel/refusal.ts';
import type { AnyChart } from './walk.ts';

/** Decides as the actor's shell does: timers by the kernel's rule, all else by the noun's. */
export const decideOn = (noun: Noun, chart: AnyChart, state: ChartState<unknown>, command: Command, at: number): Decision<Fact> =>
  command.type === 'ElapseTimer'
    ? E.right(decideTimer(command as ElapseTimer, state, at))
    : noun.decide(command, state, at, (fact) => chart.step(state, fact, at) !== undefined);

/** When the stories happen, behind every version that a builder names; the facts given lie one second apart before it. */
export const NOW = 1_893_628_800_000;

type Story<Cmd extends Command, F extends Fact> = {
  when(command: Cmd | ElapseTimer): {
    /** These facts, in this order, and nothing else; and they fold. */
    then(...facts: readonly F[]): void;
    refused(code: RefusalCode): void;
    silence(): void;
  };
  readonly state: ChartState<unknown>;
};

/** given(facts).when(command).then(facts), .refused(code) or .silence(). The first fact's chart is the only one, or `chart`. */
export const storiesOf =
  <C, Cmd extends Command, F extends Fact>(noun: Noun<C, Cmd, F>, chartId = Object.keys(noun.charts)[0] ?? '') =>
  (...facts: readonly F[]): Story<Cmd, F> => {
    const chart = noun.charts[chartId] as unknown as AnyChart;
    const state = facts.reduce<ChartState<unknown>>(
      (before, fact, i) => evolve(chart, before, fact, NOW - 1_000 * (facts.length - i)),
      chart.initial(),
    );
    return {
      state,
      when: (command) => {
        const decision = decideOn(noun as unknown as Noun, chart, state, command, NOW);
        return {
          // biome-ignore lint/suspicious/noThenProperty: the story's own word; nobody awaits a story
          then: (...expected) => {
            expect(decision).toEqual(E.right(expected));
            if (E.isRight(decision)) decision.right.reduce((before, fact) => evolve(chart, before, fact, NOW), state);
          },
          refused: (code) => expect(decision).toMatchObject({ _tag: 'Left', left: { _tag: 'Refusal', code } }),
          silence: () => expect(decision).toEqual(E.right([])),
        };
      },
    };
  };
