import type { Answers } from '../domain/ports/answers.ts';
import type { Past } from '../domain/ports/past.ts';
import { differencesOf } from './difference/difference.ts';
import { type ReadStrategy, receiptsOf } from './receipt/receipts.ts';
import { storiesOf } from './story.ts';
import { timelinesOf } from './timeline/timeline.ts';

/** Everything that can be asked about one past. */
export const answersOf = (past: Past, { readStrategy }: { readonly readStrategy?: ReadStrategy } = {}): Answers => ({
  past,
  stories: storiesOf(past),
  differences: differencesOf(past),
  timelines: timelinesOf(past),
  receipts: receiptsOf(past, readStrategy),
});
