import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { INSTANCE_STATES, phaseOf } from '../../src/domain/instance/instance.states.ts';
import { nextTimer } from '../../src/domain/kernel/chart/state.ts';
import { evolve } from '../../src/domain/kernel/decider.ts';
import type { Fact } from '../../src/domain/kernel/recorded.ts';
import { nouns } from '../../src/domain/nouns.ts';
import { commandsOf } from '../support/commands.ts';
import { samplesOf } from '../support/facts.ts';
import { decideOn } from '../support/given.ts';
import { emptyWorld, perform, type World } from '../support/targets.ts';
import { type AnyState, everyChart, explore, keyOfState, partOf, timersOf } from '../support/walk.ts';

/** Walks stop here; each state reached is then asked everything. */
const STATES_AT_MOST = 1_500;
const MINUTE = 60_000;

/** Timers come due within every step: each may fire as soon as it waits. */
const timeOf = (state: AnyState): number => (state.revision + 2) * 60 * MINUTE;

const factsOf = (decision: ReturnType<typeof decideOn>): readonly Fact[] => (E.isRight(decision) ? decision.right : []);

/** Answers of people to what a deployment asks. */
const ANSWERS: ReadonlySet<string> = new Set(['ApproveDeployment', 'ChooseWinner']);

/** States that no commit ends in: an app's first version and its first deployment are one commit; a removal has nothing to fill. */
const UNRESTED: Readonly<Record<string, readonly string[]>> = { 'app.v1': ['drafted'], 'removal.v1': ['working.filling'] };

describe.for(everyChart)('$name: every command in every state that commands lead to', ({ noun, chart }) => {
  const decide = (state: AnyState, command: ReturnType<typeof commandsOf>[number], at: number) => decideOn(noun, chart, state, command, at);
  const fold = (state: AnyState, facts: readonly Fact[], at: number): AnyState =>
    facts.reduce((before, fact) => evolve(chart, before, fact, at), state);
  const reached = explore(
    chart.initial(),
    keyOfState,
    (state) =>
      commandsOf(noun.noun, chart.id, state).flatMap((command) => {
        const facts = factsOf(decide(state, command, timeOf(state)));
        return facts.length === 0 ? [] : [fold(state, facts, timeOf(state))];
      }),
    STATES_AT_MOST,
    partOf,
  );

  test('what is decided folds, and asked a second time it is silence or the same refusal', () => {
    for (const state of reached) {
      const at = timeOf(state);
      for (const command of commandsOf(noun.noun, chart.id, state)) {
        const first = decide(state, command, at);
        const after = fold(state, factsOf(first), at);
        // A state that was entered looks first, whatever had been seen.
        if (command.type === 'ReportSlots' && (after.context as { isStale?: boolean }).isStale === true) continue;
        // What was waited for is waited for no more, and whoever answers then is told so.
        if (ANSWERS.has(command.type) && factsOf(first).length > 0) continue;
        const again = decide(after, command, at);
        expect(again, `${command.type} twice in ${state.value}`).toEqual(E.isLeft(first) ? first : E.right([]));
      }
    }
  });

  test('commands lead to every state that the chart knows, but for those where nothing rests', () => {
    const rests = new Set(reached.map(({ value }) => value));
    expect(chart.leaves.filter((leaf) => !rests.has(leaf))).toEqual(UNRESTED[chart.id] ?? []);
  });

  test('a final state owes nothing, waits for nothing, and takes nothing', () => {
    for (const state of reached.filter((each) => chart.isFinal(each))) {
      expect(chart.owed(state)).toEqual([]);
      expect(nextTimer(state)).toBeUndefined();
      for (const command of commandsOf(noun.noun, chart.id, state)) expect(factsOf(decide(state, command, timeOf(state)))).toEqual([]);
    }
  });
});

describe.for(everyChart)('$name: what is owed', ({ noun, chart }) => {
  test('performed once, twice or at every prefix again, it leaves the same world', () => {
    type Walked = { readonly state: AnyState; readonly once: World; readonly twice: World };
    const stream = `${noun.noun}-x`;
    const performed = (world: World, state: AnyState) => perform(world, stream, chart.owed(state));
    const start: Walked = { state: chart.initial(), once: emptyWorld, twice: emptyWorld };
    const walked = explore<Walked>(
      start,
      ({ state, once }) => keyOfState(state) + JSON.stringify(once),
      ({ state, once, twice }) =>
        [...samplesOf(noun.noun, chart.id), ...timersOf(state)].flatMap((fact) => {
          const next = chart.step(state, fact, timeOf(state));
          if (next === undefined) return [];
          return [{ state: next, once: performed(once, next), twice: performed(performed(performed(twice, state), next), next) }];
        }),
      STATES_AT_MOST,
    );
    for (const { once, twice, state } of walked) expect(twice, state.value).toEqual(once);
  });

  test('it depends on the state alone: a state read back from storage owes the same, under the same keys', () => {
    const states = explore<AnyState>(
      chart.initial(),
      keyOfState,
      (state) => [...samplesOf(noun.noun, chart.id), ...timersOf(state)].flatMap((fact) => chart.step(state, fact, timeOf(state)) ?? []),
      STATES_AT_MOST,
    );
    for (const state of states) {
      expect(chart.owed(structuredClone(state))).toEqual(chart.owed(state));
      const keys = chart.owed(state).map(({ node, entryRevision, type }) => `${node} ${entryRevision} ${type}`);
      expect(keys).toEqual([...new Set(keys)]);
    }
  });
});

test('those who count instances know every state of their chart, and no other', () => {
  const leaves = nouns.instance?.charts['instance.v1']?.leaves ?? [];
  expect([...INSTANCE_STATES].sort()).toEqual([...leaves].sort());
  expect(() => phaseOf('adrift')).toThrow("unknown instance state 'adrift'");
});
