import type { AppFact } from '../../domain/app/app.facts.ts';
import { diffOf } from '../../domain/app/definition/change.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { sentenceOf } from '../../projections/sentences.ts';
import { clause, type Telling, when } from './account.ts';
import { dataOf, lastOf } from './steps.ts';

/** Why an app is as it is: its last change, and the deployment that moves it now. */
export const tellApp = (facts: readonly Recorded[]): Telling | undefined => {
  const change = lastOf(facts, 'AppVersionAdded', 'AppDestroyed');
  if (change === undefined) return undefined;
  const { stream } = change;
  const began = lastOf(facts, 'DeploymentBegan');
  const ended = lastOf(facts, 'DeploymentEnded');
  const isMoving = began !== undefined && (ended === undefined || ended.position < began.position);
  const moving = isMoving ? `${sentenceOf(began)} It has not ended.` : ended === undefined ? undefined : `${sentenceOf(ended)}`;
  const changed = fieldsOf(facts, change);
  return {
    question: change.fact.type === 'AppDestroyed' ? 'why is it gone' : 'why is it as it is',
    fact: change,
    sentences: [
      `${clause(sentenceOf(change))}, at ${when(change)}${change.meta.by === '' ? '' : `, by ${change.meta.by}`}.`,
      ...(changed.length > 0 ? [`What differs from the version before: ${changed.join(', ')}.`] : []),
      ...(moving === undefined ? [] : [moving]),
      ...(isMoving && began !== undefined && keyOf(stream) !== '' && dataOf<AppFact, 'DeploymentBegan'>(began).partOf !== undefined
        ? [`It is a part of plan ${dataOf<AppFact, 'DeploymentBegan'>(began).partOf}.`]
        : []),
    ],
  };
};

/** Names only: values may be secrets. */
const fieldsOf = (facts: readonly Recorded[], change: Recorded): readonly string[] => {
  if (change.fact.type !== 'AppVersionAdded') return [];
  const before = facts.findLast(({ fact, position }) => fact.type === 'AppVersionAdded' && position < change.position);
  if (before === undefined) return [];
  const definition = (of: Recorded) => dataOf<AppFact, 'AppVersionAdded'>(of).definition;
  return diffOf(definition(before), definition(change)).map(({ field }) => field);
};

const NODE_QUESTIONS: Readonly<Record<string, readonly [question: string, ...types: string[]]>> = {
  'attached.unreachable': ['why is it unreachable', 'NodeBecameUnreachable'],
  'attached.answering.flapping': ['why does it take nothing new', 'NodeBecameFlapping'],
  'attached.answering.cordoned': ['why does it take nothing new', 'NodeCordoned'],
  'attached.answering.ready': ['why is it in the pool', 'NodeReturned', 'NodeUncordoned', 'NodeRegistered'],
  removed: ['why is it gone', 'NodeRemoved'],
};

export const tellNode = (facts: readonly Recorded[]): Telling | undefined => {
  const last = facts.at(-1);
  if (last === undefined) return undefined;
  const [question, ...types] = NODE_QUESTIONS[last.meta.state] ?? ['why does it stand so'];
  const fact = lastOf(facts, ...types) ?? last;
  return { question, fact, sentences: [`${clause(sentenceOf(fact))}, at ${when(fact)}. It stands in '${last.meta.state}'.`] };
};

/** What a plan, a request or anything else says last, or one fact by itself. */
export const tellFact = (fact: Recorded, question = 'why did this happen'): Telling => ({
  question,
  fact,
  sentences: [`${clause(sentenceOf(fact))}, at ${when(fact)}.`],
});

const PLAN_TURNS: readonly string[] = ['PlanCancelled', 'StepCompleted', 'MembersHeld', 'PlanStarted'];

export const tellPlan = (facts: readonly Recorded[]): Telling | undefined => {
  const fact = lastOf(facts, 'PlanCancelled') ?? lastOf(facts, ...PLAN_TURNS);
  const last = facts.at(-1);
  if (fact === undefined || last === undefined) return undefined;
  const told = tellFact(fact, 'why does it stand so');
  return { ...told, sentences: [...told.sentences, `It stands in '${last.meta.state}'.`] };
};
