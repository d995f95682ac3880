import { either as E } from 'fp-ts';
import { nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Bisect, BisectAnswer, BisectQuestion, BisectRefusal, Place } from '../../domain/ports/bisect.ts';
import type { Past } from '../../domain/ports/past.ts';
import { type Assertion, compileAssertion, MAX_STEPS, type Verdict } from './assertion.ts';
import { onwardFrom } from './onward.ts';
import { requestBehind, told, unreadableAt } from './told.ts';

type Answer<T> = E.Either<BisectRefusal, T>;
/** Neighbouring positions: it holds at the one and fails at the other. */
type Found = { readonly lastGood: number; readonly firstBad: number; readonly verdict: Verdict };

/** Where an assertion came to fail between two positions: some such place by halving, or the very first by looking at every change. */
export const bisectIn =
  (past: Past, maxSteps = MAX_STEPS): Bisect =>
  (question) => {
    const { good, bad, first } = question;
    const wrong = wrongInterval(past, question);
    if (wrong !== undefined) return E.left(wrong);
    const compiled = compileAssertion(question.assert, maxSteps);
    if (E.isLeft(compiled)) return compiled;
    const asking = askAt(past, compiled.right);
    const atGood = asking.ask(good);
    if (E.isLeft(atGood)) return atGood;
    if (!atGood.right.holds) return E.left(notSo('good', `the assertion fails already at #${good}${because(atGood.right)}`));
    const atBad = asking.ask(bad);
    if (E.isLeft(atBad)) return atBad;
    if (atBad.right.holds) return E.left(notSo('bad', `the assertion still holds at #${bad}`));
    const found = first ? scan(past, compiled.right, asking, good, bad) : halve(past, compiled.right, asking, good, bad, atBad.right);
    return E.isLeft(found) ? found : E.right(answered(past, question, compiled.right, found.right, asking.count()));
  };

const notSo = (field: 'good' | 'bad', message: string): BisectRefusal => ({ kind: 'not-so', field, message });
const because = ({ untold }: Verdict): string => (untold === undefined ? '' : `: ${untold}`);

const wrongInterval = (past: Past, { good, bad }: BisectQuestion): BisectRefusal | undefined => {
  const head = past.head();
  if (good > head) return { kind: 'interval', field: 'good', message: `#${good} is behind the last fact, #${head}` };
  if (bad > head) return { kind: 'interval', field: 'bad', message: `#${bad} is behind the last fact, #${head}` };
  if (good >= bad) return { kind: 'interval', field: 'bad', message: `#${bad} must come after the good one, #${good}` };
  return undefined;
};

type Asking = {
  ask(position: number): Answer<Verdict>;
  count(): number;
  counted(): void;
  /** Parts of the expression that one evaluation goes through, 1 or more. */
  cost(): number;
};

const askAt = (past: Past, assertion: Assertion): Asking => {
  let evaluations = 0;
  return {
    ask: (position) => {
      evaluations += 1;
      return assertion.evaluate(past.views(position), position, timeAt(past, position));
    },
    count: () => evaluations,
    cost: () => Math.max(1, assertion.spent() / Math.max(1, evaluations)),
    counted: () => {
      evaluations += 1;
    },
  };
};

/** When the last fact at or before a position was recorded. */
const timeAt = (past: Past, position: number): number => past.fact(factAt(past, position))?.meta.at ?? 0;

/** Positions may have gaps. */
const factAt = (past: Past, position: number): number => {
  let at = position;
  while (at > 0 && past.fact(at) === undefined) at -= 1;
  return at;
};

/** Where views are quick to have first, then between two of those. */
const halve = (past: Past, assertion: Assertion, asking: Asking, good: number, bad: number, atBad: Verdict): Answer<Found> => {
  let [from, to, verdict] = [good, bad, atBad];
  for (let next = quickBetween(past, from, to); next !== undefined; next = quickBetween(past, from, to)) {
    const answer = asking.ask(next);
    if (E.isLeft(answer)) return answer;
    if (answer.right.holds) from = next;
    else [to, verdict] = [next, answer.right];
  }
  return narrow(past, assertion, asking, { lastGood: from, firstBad: to, verdict });
};

/** Parts of an expression that are evaluated in about the time in which one fact is folded. */
const STEPS_PER_FACT = 60;
/** Fewest places that are looked at in one way through an interval. */
const LOOKS_MIN = 8;

/** Views are folded forwards only, so an interval is gone through with many looks where they are cheap, and several times where they are not. */
const narrow = (past: Past, assertion: Assertion, { counted, cost }: Asking, found: Found): Answer<Found> => {
  let [from, to, verdict] = [found.lastGood, found.firstBad, found.verdict];
  // Positions may have gaps, and a stride may end in one.
  let [isLast, hasGap] = [false, false];
  while (!isLast && to - from > 1) {
    const folded = to - (past.boundaryBefore?.(from) ?? 0);
    const stride = hasGap ? 1 : Math.ceil((to - from) / Math.max(LOOKS_MIN, Math.floor((folded * STEPS_PER_FACT) / cost())));
    isLast = stride === 1;
    hasGap = true;
    const { views, fold } = onwardFrom(past, from);
    let next = from + stride;
    for (const recorded of past.between(from, to - 1)) {
      fold(recorded);
      const { position, meta } = recorded;
      if (position < next || (isLast && !canMatter(assertion, recorded))) continue;
      hasGap = false;
      counted();
      const answer = assertion.evaluate(views, position, meta.at);
      if (E.isLeft(answer)) return answer;
      if (!answer.right.holds) {
        [to, verdict] = [position, answer.right];
        break;
      }
      from = position;
      next = position + stride;
    }
  }
  return E.right({ lastGood: factAt(past, to - 1), firstBad: to, verdict });
};

const canMatter = ({ byTime, nouns }: Assertion, { stream }: Recorded): boolean => byTime || nouns.has(nounOf(stream));

/** Some position between two, as near to their middle as may be, whose views are quick to have. */
const quickBetween = ({ boundaryBefore }: Past, from: number, to: number): number | undefined =>
  [from + ((to - from) >> 1), to - 1].map((position) => boundaryBefore?.(position) ?? 0).find((boundary) => boundary > from);

/** Folds on from the good end, and asks again after each fact that can matter. */
const scan = (past: Past, assertion: Assertion, { counted }: Asking, good: number, bad: number): Answer<Found> => {
  const { views, fold } = onwardFrom(past, good);
  let before = factAt(past, good);
  for (const recorded of past.between(good, bad)) {
    fold(recorded);
    const { position, meta } = recorded;
    if (canMatter(assertion, recorded)) {
      counted();
      const answer = assertion.evaluate(views, position, meta.at);
      if (E.isLeft(answer)) return answer;
      if (!answer.right.holds) return E.right({ lastGood: before, firstBad: position, verdict: answer.right });
    }
    before = position;
  }
  const unread = [...past.unreadable().keys()].slice(0, 3).join(', ');
  return E.left({
    kind: 'limit',
    message: `no fact that can be read made it fail${unread === '' ? '' : `; nobody can read all of ${unread}`}`,
  });
};

const answered = (past: Past, question: BisectQuestion, { byTime }: Assertion, found: Found, evaluations: number): BisectAnswer => {
  const placeOf = (position: number): Place => ({ position, at: timeAt(past, position) });
  const recorded = past.fact(found.firstBad);
  const request = recorded === undefined ? undefined : requestBehind(past, recorded);
  const { untold } = found.verdict;
  return {
    assert: question.assert,
    first: question.first,
    good: placeOf(question.good),
    bad: placeOf(question.bad),
    lastGood: placeOf(found.lastGood),
    firstBad: placeOf(found.firstBad),
    change: recorded === undefined ? unreadableAt(found.firstBad, timeAt(past, found.firstBad)) : told(recorded),
    ...(request !== undefined && { request: { ...told(request), id: request.meta.correlationId } }),
    ...(untold !== undefined && { untold }),
    byTime,
    evaluations,
  };
};
