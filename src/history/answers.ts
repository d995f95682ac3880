import type { Answers } from '../domain/ports/answers.ts';
import type { Past } from '../domain/ports/past.ts';
import { storiesOf } from './story.ts';

/** Everything that can be asked about one past. */
export const answersOf = (past: Past): Answers => ({ past, stories: storiesOf(past) });
