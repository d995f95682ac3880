import type { Answers } from '../domain/ports/answers.ts';
import type { Past } from '../domain/ports/past.ts';
import { differencesOf } from './difference/difference.ts';
import { type ReadStrategy, receiptsOf } from './receipt/receipts.ts';
import { storiesOf } from './story.ts';
import { timelinesOf } from './timeline/timeline.ts';

/** What is known beside the past, where somebody knows it. */
export type Beside = Pick<Answers, 'verify'> & { readonly readStrategy?: ReadStrategy };

/** Everything that can be asked about one past. */
export const answersOf = (past: Past, { readStrategy, verify }: Beside = {}): Answers => ({
  past,
  stories: storiesOf(past),
  differences: differencesOf(past),
  timelines: timelinesOf(past),
  receipts: receiptsOf(past, readStrategy),
  ...(verify !== undefined && { verify }),
});
