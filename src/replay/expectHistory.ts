import type { StreamName } from '../domain/kernel/ids.ts';
import { nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Views } from '../domain/ports/views.ts';
import { compareViews } from '../history/verify/compareViews.ts';
import { refold } from '../history/verify/refold.ts';
import { createViews } from '../projections/views.ts';
import { type ReadOptions, readHistory } from './readHistory.ts';

/** One step of a story: the type of a fact, or that with the fields that it must have and the subject that it must be of. */
export type StoryStep =
  | string
  | ({ readonly type: string /** Such as `instance`, or one stream as a whole: `app-/web`. */; readonly of?: string } & Readonly<
      Record<string, unknown>
    >);

/** What an exported history tells, with what can be expected of it. Every expectation throws an Error that says what is there instead. */
export type ExpectedHistory = {
  readonly facts: readonly Recorded[];
  /** The final views. */
  readonly views: Views;
  /** The views as they stood at a position. */
  viewsAt(position: number): Views;
  /** The types of a stream's facts, or of all of them, in order. */
  types(stream?: StreamName): readonly string[];
  /** The steps come in this order, perhaps with others between them. */
  toContainStory(steps: readonly StoryStep[], options?: { readonly stream?: StreamName }): void;
  /** No such step is there. */
  notToContain(step: StoryStep): void;
  /** The final views are as the function says: it throws, or answers false, where they are not. */
  toEndWith(holds: (views: Views) => unknown): void;
  /** Every stream folds by its own chart to the states that its facts tell, and the views are the same however they are folded. */
  toRefold(): void;
};

/** Folds an exported incident, as a fixture of a test. @param file of `wharf log export`, compressed or not, or a log file. @throws Error in plain words */
export const expectHistory = async (file: string, options: ReadOptions = {}): Promise<ExpectedHistory> => {
  const facts: Recorded[] = [];
  for await (const batch of readHistory(file, options)) for (const recorded of batch) facts.push(recorded);
  return historyOf(facts);
};

/** The same over facts that are there already. */
export const historyOf = (facts: readonly Recorded[]): ExpectedHistory => {
  const viewsAt = (position: number): Views => folded(facts.filter((recorded) => recorded.position <= position));
  const views = folded(facts);
  const of = (stream: StreamName | undefined): readonly Recorded[] =>
    stream === undefined ? facts : facts.filter((recorded) => recorded.stream === stream);
  return {
    facts,
    views,
    viewsAt,
    types: (stream) => of(stream).map(({ fact }) => fact.type),
    toContainStory: (steps, { stream } = {}) => {
      const within = of(stream);
      let next = 0;
      for (const recorded of within) {
        const step = steps[next];
        if (step !== undefined && isStep(recorded, step)) next += 1;
      }
      if (next === steps.length) return;
      throw new Error(
        `the story stops at step ${next + 1} of ${steps.length}, ${shown(steps[next])}${next === 0 ? '' : `, behind ${shown(steps[next - 1])}`}; ${stream ?? 'the history'} tells:\n${told(within)}`,
      );
    },
    notToContain: (step) => {
      const found = facts.find((recorded) => isStep(recorded, step));
      if (found !== undefined) throw new Error(`${shown(step)} is there: ${found.stream} at position ${found.position}`);
    },
    toEndWith: (holds) => {
      if (holds(views) === false) throw new Error('the final views are not as they should be');
    },
    toRefold: () => {
      const problems = problemsIn(facts, views);
      if (problems.length > 0) throw new Error(`the history does not fold as it was written:\n${problems.slice(0, SHOWN).join('\n')}`);
    },
  };
};

const SHOWN = 20;

const folded = (facts: readonly Recorded[]): ReturnType<typeof createViews> => {
  const views = createViews();
  views.take(facts);
  return views;
};

const isStep = ({ stream, fact }: Recorded, step: StoryStep): boolean => {
  if (typeof step === 'string') return fact.type === step;
  const { type, of, ...fields } = step;
  if (fact.type !== type || (of !== undefined && stream !== of && nounOf(stream) !== of)) return false;
  const there = fact as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(fields).every(([name, value]) => JSON.stringify(there[name]) === JSON.stringify(value));
};

const shown = (step: StoryStep | undefined): string => (typeof step === 'string' ? step : JSON.stringify(step));
const told = (facts: readonly Recorded[]): string => {
  const lines = facts.slice(0, SHOWN).map(({ position, stream, fact }) => `  ${position} ${stream} ${fact.type}`);
  return [...lines, ...(facts.length > SHOWN ? [`  and ${facts.length - SHOWN} more`] : [])].join('\n');
};

const problemsIn = (facts: readonly Recorded[], views: Views): readonly string[] => {
  const problems: string[] = [];
  const folding = refold(({ stream, revision, detail }) => problems.push(`${stream} revision ${revision}: ${detail}`));
  const numbers = new Map<StreamName, number>();
  for (const recorded of facts) {
    const number = numbers.get(recorded.stream) ?? numbers.size + 1;
    numbers.set(recorded.stream, number);
    folding.take(number, recorded);
  }
  // One by one, each delivered twice.
  const again = createViews();
  for (const recorded of facts) {
    again.take([recorded]);
    again.take([recorded]);
  }
  for (const { view, key, detail } of compareViews(views, again)) problems.push(`${view} ${key} ${detail}`);
  return problems;
};
