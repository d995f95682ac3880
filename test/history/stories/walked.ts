import { wireOf } from '../../../src/actors/encode.ts';
import { seededIds } from '../../../src/adapters/ids/seededIds.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import type { Fact } from '../../../src/domain/kernel/recorded.ts';
import { START_OF_TIME } from '../../simulation/world.ts';
import { samplesOf } from '../../support/facts.ts';
import { plainSealer } from '../../support/sealer.ts';
import { type AnyState, everyChart, timersOf } from '../../support/walk.ts';

const STATES_MAX = 3000;
const STEP_MS = 60_000;

export type Step = { readonly chart: string; readonly state: AnyState; readonly fact?: Fact; readonly before?: Step };

/**
 * Streams for what no engine writes any more, or seldom: the shortest way that facts can take there, for each kind of step that is wanted.
 * @param kindOf what a step would show, undefined where it is not wanted
 */
export const walkedStreams = (kindOf: (step: Step) => string | undefined): readonly StoredFact[] => {
  const ids = seededIds(1);
  const stored: StoredFact[] = [];
  for (const { noun, chart, name } of everyChart) {
    const wanted = new Map<string, Step>();
    const seen = new Set<string>();
    const steps: Step[] = [{ chart: name, state: chart.initial() }];
    for (const before of steps) {
      for (const fact of [...samplesOf(noun.noun, name), ...timersOf(before.state)] as Fact[]) {
        const state = chart.step(before.state, fact, START_OF_TIME + (before.state.revision + 2) * STEP_MS);
        if (state === undefined) continue;
        const step = { chart: name, state, fact, before };
        const kind = kindOf(step);
        if (kind !== undefined && !wanted.has(kind)) wanted.set(kind, step);
        const key = JSON.stringify([state.value, state.context]);
        if (seen.has(key) || steps.length >= STATES_MAX) continue;
        seen.add(key);
        steps.push(step);
      }
    }
    for (const last of wanted.values()) {
      const way: Step[] = [];
      for (let step: Step | undefined = last; step?.fact !== undefined; step = step.before) way.unshift(step);
      const stream = `${noun.noun}-${ids.next()}`;
      for (const { state, fact } of way) {
        const id = ids.next();
        const cause = { correlationId: id, causationId: id, by: 'operator' };
        const { fact: _, ...wire } = wireOf(id, fact as Fact, noun.codec, plainSealer, chart, state, cause, 1);
        stored.push({ ...wire, stream, revision: state.revision, position: stored.length + 1 });
      }
    }
  }
  return stored;
};
