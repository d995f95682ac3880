import type { Answers } from '../domain/ports/answers.ts';
import type { Past } from '../domain/ports/past.ts';
import { bisectIn } from './bisect/bisect.ts';

/** Everything that can be asked about one past. */
export const answersOf = (past: Past): Answers => ({ past, bisect: bisectIn(past) });
