import type { Past } from './past.ts';
import type { WhyAnswers } from './why.ts';
import type { PlacementAnswers } from './whyNot.ts';

/** What can be asked about the past. Put together by `src/history/answers.ts`, asked by routes that run beside the engine. */
export type Answers = {
  readonly past: Past;
  readonly why: WhyAnswers;
  readonly placement: PlacementAnswers;
};
