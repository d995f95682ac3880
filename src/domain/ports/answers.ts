import type { Bisect } from './bisect.ts';
import type { Differences } from './difference.ts';
import type { Past } from './past.ts';
import type { Receipts } from './receipt.ts';
import type { Stories } from './story.ts';
import type { Timelines } from './timeline.ts';
import type { Verify } from './verification.ts';
import type { Sandboxes } from './whatIf.ts';
import type { WhyAnswers } from './why.ts';
import type { PlacementAnswers } from './whyNot.ts';

/** What can be asked about the past. Put together by `src/history/answers.ts`, asked by routes that run beside the engine. */
export type Answers = {
  readonly past: Past;
  readonly bisect: Bisect;
  readonly why: WhyAnswers;
  readonly placement: PlacementAnswers;
  readonly stories: Stories;
  readonly differences: Differences;
  readonly timelines: Timelines;
  readonly receipts: Receipts;
  /** Verifies the whole log; absent where it can't be read with its hashes. */
  readonly verify?: Verify;
  /** Tries the past another way; absent where nobody starts sandboxes. */
  readonly sandboxes?: Sandboxes;
};
