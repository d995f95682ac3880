import type { Answers } from '../../../domain/ports/answers.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { serveBisect } from './bisect.ts';

/** Routes below `/v1/history` that are answered from the past alone. Where this server holds none, they are passed on to who does. */
const PAST: readonly ((server: Server, answers: Answers, surroundings: Surroundings) => void)[] = [serveBisect];

export const servePast = (server: Server, surroundings: Surroundings): void => {
  for (const serve of PAST) serve(server, surroundings.answers, surroundings);
};
