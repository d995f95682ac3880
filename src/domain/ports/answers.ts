import type { Past } from './past.ts';
import type { Verify } from './verification.ts';

/** What can be asked about the past. Put together by `src/history/answers.ts`, asked by routes that run beside the engine. */
export type Answers = {
  readonly past: Past;
  /** Verifies the whole log; absent where it can't be read with its hashes. */
  readonly verify?: Verify;
};
