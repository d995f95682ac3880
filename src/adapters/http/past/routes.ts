import type { Answers } from '../../../domain/ports/answers.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { serveBisect } from './bisect.ts';
import { serveDiff } from './diff.ts';
import { serveStory } from './history.ts';
import { serveReceipts } from './receipts.ts';
import { serveSandboxes } from './sandboxes.ts';
import { serveTimeline } from './timeline.ts';
import { serveVerify } from './verify.ts';
import { serveWhy } from './why.ts';

/** Routes below `/v1/history` that are answered from the past alone. Where this server holds none, they are passed on to who does. */
const PAST: readonly ((server: Server, answers: Answers, surroundings: Surroundings) => void)[] = [
  serveBisect,
  serveStory,
  serveDiff,
  serveTimeline,
  serveReceipts,
  serveWhy,
  serveVerify,
  serveSandboxes,
];

export const servePast = (server: Server, surroundings: Surroundings): void => {
  for (const serve of PAST) serve(server, surroundings.answers, surroundings);
};
