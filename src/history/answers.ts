import type { Answers } from '../domain/ports/answers.ts';
import type { Past } from '../domain/ports/past.ts';

/** Everything that can be asked about one past. */
export const answersOf = (past: Past, { verify }: Pick<Answers, 'verify'> = {}): Answers => ({
  past,
  ...(verify !== undefined && { verify }),
});
