import type { Answers } from '../domain/ports/answers.ts';
import type { Past } from '../domain/ports/past.ts';
import { bisectIn } from './bisect/bisect.ts';
import { differencesOf } from './difference/difference.ts';
import { decision } from './placement/decision.ts';
import { whyNot } from './placement/whyNot.ts';
import { whyWaiting } from './placement/whyWaiting.ts';
import { type ReadStrategy, receiptsOf } from './receipt/receipts.ts';
import { storiesOf } from './story.ts';
import { timelinesOf } from './timeline/timeline.ts';
import { why } from './why/why.ts';

/** What is known beside the past, where somebody knows it. */
export type Beside = Pick<Answers, 'verify' | 'sandboxes'> & { readonly readStrategy?: ReadStrategy };

/** Everything that can be asked about one past. */
export const answersOf = (past: Past, { readStrategy, verify, sandboxes }: Beside = {}): Answers => ({
  past,
  bisect: bisectIn(past),
  stories: storiesOf(past),
  differences: differencesOf(past),
  timelines: timelinesOf(past),
  receipts: receiptsOf(past, readStrategy),
  why: { why: (thing, position) => why(past, thing, position) },
  placement: {
    whyNot: (app, node, position) => whyNot(past, app, node, position),
    whyWaiting: (app, position) => whyWaiting(past, app, position),
    decision: (instance, position, options) => decision(past, instance, position, options),
  },
  ...(verify !== undefined && { verify }),
  ...(sandboxes !== undefined && { sandboxes }),
});
