import { INSTANCE, type InstanceFact } from '../../domain/instance/instance.facts.ts';
import { FAILURES, phaseOf } from '../../domain/instance/instance.states.ts';
import { keyOf, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import { sentenceOf } from '../../projections/sentences.ts';
import { clause, rootOf, type Telling, when } from './account.ts';
import { chainOf } from './causes.ts';
import { isEnding } from './ending.ts';
import { placedBecause, waitsBecause } from './placing.ts';
import { dataOf, factsOf, lastOf } from './steps.ts';

type Requested = Extract<InstanceFact, { type: 'InstanceRequested' }>;

/** Why an instance is what it is: dead, leaving, out of sight, ill, waiting, or simply where it is. */
export const tellInstance = (past: PastLog, facts: readonly Recorded[], position: number): Telling | undefined => {
  const last = facts.at(-1);
  const first = facts[0];
  if (last === undefined || first?.fact.type !== 'InstanceRequested') return undefined;
  const requested = dataOf<InstanceFact, 'InstanceRequested'>(first);
  const name = `Instance ${keyOf(first.stream)} of ${requested.app} (slot ${requested.slot}, attempt ${requested.attempt})`;
  const aside = predecessor(past, requested, position);
  const told = tellState(name, facts, last, first);
  return {
    ...told,
    sentences: [...told.sentences, ...(aside?.sentences ?? [])],
    asides: [...(told.asides ?? []), ...(aside?.asides ?? [])],
  };
};

const tellState = (name: string, facts: readonly Recorded[], last: Recorded, first: Recorded): Telling => {
  switch (phaseOf(last.meta.state)) {
    case 'ended':
      return tellEnd(name, facts, last);
    case 'leaving': {
      const asked = lastOf(facts, 'InstanceStopRequested') ?? last;
      return {
        question: 'why is it on its way out',
        fact: asked,
        sentences: [`${name} is to stop since ${when(asked)}: ${reasonOf(asked)}.`],
      };
    }
    case 'unseen':
    case 'forsaken': {
      const unseen = lastOf(facts, 'InstanceBecameUnreachable') ?? last;
      const asked = lastOf(facts, 'InstanceStopRequested');
      const forsaken = phaseOf(last.meta.state) === 'forsaken' ? [`It has been given up, and stands in '${last.meta.state}'.`] : [];
      const stopping = asked === undefined ? [] : [`It is to stop once it is seen again: ${reasonOf(asked)}.`];
      return {
        question: 'why is it out of sight',
        fact: unseen,
        sentences: [`${clause(sentenceOf(unseen))}, at ${when(unseen)}.`, ...forsaken, ...stopping],
      };
    }
    case 'up': {
      const ill = lastOf(facts, 'InstanceBecameUnhealthy');
      if (ill !== undefined && last.meta.state.endsWith('unhealthy'))
        return { question: 'why is it unhealthy', fact: ill, sentences: [`${clause(sentenceOf(ill))}, at ${when(ill)}.`] };
      const started = lastOf(facts, 'ContainerStarted') ?? last;
      return {
        question: 'why is it not ready',
        fact: started,
        sentences: [`${name} runs since ${when(started)}, and its checks have not passed yet.`],
      };
    }
    case 'ready': {
      const placed = lastOf(facts, 'InstancePlaced') ?? first;
      return { question: 'why is it here', fact: placed, sentences: [`${name} is ready.`, ...placedBecause(placed), wanted(first)] };
    }
    case 'coming':
      return tellComing(name, facts, last, first);
  }
};

const tellComing = (name: string, facts: readonly Recorded[], last: Recorded, first: Recorded): Telling => {
  const { state } = last.meta;
  if (state === 'starting') {
    const placed = lastOf(facts, 'InstancePlaced') ?? first;
    return {
      question: 'why is it not running',
      fact: placed,
      sentences: [`${name} is starting on its host.`, ...placedBecause(placed), wanted(first)],
    };
  }
  if (state === 'waiting') {
    const { delayMs } = dataOf<InstanceFact, 'InstanceRequested'>(first);
    const until = last.meta.due === undefined ? '' : `, until ${isoInstant(last.meta.due)}`;
    const sentence = `${name} waits ${delayMs / 1000} s because earlier launches of its version failed${until}.`;
    return { question: 'why does it wait', fact: first, sentences: [sentence, wanted(first)] };
  }
  const nominated = lastOf(facts, 'InstanceNominated');
  if (state === 'nominated' && nominated !== undefined)
    return {
      question: 'why does it wait',
      fact: nominated,
      sentences: [`${name} waits for others to leave a node.`, sentenceOf(nominated), wanted(first)],
    };
  const revoked = lastOf(facts, 'PlacementRevoked');
  const deferred = lastOf(facts, 'PlacementDeferred');
  const why = [...(revoked === undefined ? [] : [sentenceOf(revoked)]), ...waitsBecause(deferred)];
  return { question: 'why does it wait', fact: deferred ?? first, sentences: [`${name} waits for a place.`, ...why, wanted(first)] };
};

const tellEnd = (name: string, facts: readonly Recorded[], last: Recorded): Telling => {
  const end = facts.find(isOver) ?? last;
  const asked = lastOf(facts, 'InstanceStopRequested', 'InstanceCancelled');
  const question = 'why is it dead';
  if (asked !== undefined && (end.meta.state === 'killed' || end.meta.state === 'cancelled')) {
    const how = asked === end ? '' : ` ${sentenceOf(end)}`;
    return {
      question,
      fact: end,
      from: asked,
      sentences: [`${name} ended at ${when(end)}, as it was asked to at ${when(asked)}: ${reasonOf(asked)}.${how}`],
    };
  }
  const placed = lastOf(facts, 'InstancePlaced');
  const node = placed === undefined ? '' : ` It was on node ${dataOf<InstanceFact, 'InstancePlaced'>(placed).node}.`;
  const kind = FAILURES.has(end.fact.type) && lastOf(facts, 'ContainerStarted') === undefined ? ' It never ran.' : '';
  const ill = lastOf(facts, 'InstanceBecameUnhealthy');
  const sick = ill === undefined ? '' : ` Before that: ${sentenceOf(ill)}`;
  return { question, fact: end, sentences: [`${name} is dead since ${when(end)}: ${sentenceOf(end)}${kind}${node}${sick}`] };
};

const isOver = ({ meta }: Recorded): boolean => phaseOf(meta.state) === 'ended';

const reasonOf = ({ fact }: Recorded): string => (fact as { readonly reason?: string }).reason ?? 'no reason is recorded';

const wanted = (first: Recorded): string => {
  const { owner, version } = dataOf<InstanceFact, 'InstanceRequested'>(first);
  return `It was wanted by ${owner.replace('-', ' ')}, for version ${version}.`;
};

/** What became of the attempt in whose place it came: recorded in its own first fact, not as its cause. */
const predecessor = (past: PastLog, { replaces }: Requested, position: number): Pick<Telling, 'sentences' | 'asides'> | undefined => {
  if (replaces === undefined) return undefined;
  const facts = factsOf(past, streamOf(INSTANCE, replaces), position);
  const end = facts.find(isEnding);
  if (end === undefined) return { sentences: [`It came in place of ${replaces}, of which no end is recorded.`] };
  const asked = lastOf(facts, 'InstanceStopRequested', 'InstanceCancelled');
  const chain = chainOf(past, asked !== undefined && (end.meta.state === 'killed' || end.meta.state === 'cancelled') ? asked : end);
  const others = facts.length > 0 && asked !== undefined && asked !== end ? `, asked to stop: ${reasonOf(asked)}` : '';
  return {
    sentences: [`It came in place of attempt ${attemptOf(facts)}, ${replaces}: ${clause(sentenceOf(end))}${others}. ${rootOf(chain)}`],
    asides: [{ title: `the attempt before, ${replaces}`, chain }],
  };
};

const attemptOf = ([first]: readonly Recorded[]): number =>
  first === undefined ? 0 : dataOf<InstanceFact, 'InstanceRequested'>(first).attempt;
