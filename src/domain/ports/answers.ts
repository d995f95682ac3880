import type { Bisect } from './bisect.ts';
import type { Past } from './past.ts';

/** What can be asked about the past. Put together by `src/history/answers.ts`, asked by routes that run beside the engine. */
export type Answers = {
  readonly past: Past;
  readonly bisect: Bisect;
};
