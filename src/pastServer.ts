import type { FastifyInstance } from 'fastify';
import { systemClock } from './adapters/clock/systemClock.ts';
import type { Auth } from './adapters/http/access.ts';
import { createHttp } from './adapters/http/http.ts';
import { pastEngine } from './adapters/http/past/pastEngine.ts';
import { strategyProblems } from './domain/deployment/strategies/problems.ts';
import type { Instant } from './domain/kernel/units.ts';
import type { Verify } from './domain/ports/verification.ts';
import { answersOf } from './history/answers.ts';
import type { OpenPast } from './openPast.ts';
import { sentenceOf } from './projections/sentences.ts';
import { readStrategy } from './strategyFiles.ts';
import { VERSION } from './version.ts';
import { sandboxesOf } from './whatIf/sandboxes.ts';

export type PastServerOptions = {
  readonly past: OpenPast;
  /** Verifies its log; nobody does where absent. */
  readonly verify?: Verify;
  readonly auth: Auth;
  readonly allowedHosts?: readonly string[];
  readonly allowOrigins?: readonly string[];
  readonly compression?: boolean;
  /** What ages are counted from; the present where absent. Of a recorded log it is its end. */
  readonly now?: () => Instant;
};

/** The API of a past alone: every read, as of its end or any moment before; whoever would write is refused. */
export const createPastServer = ({ past, verify, auth, now, ...edge }: PastServerOptions): FastifyInstance => {
  const system = systemClock();
  const clock = now === undefined ? system : { ...system, now };
  const { engine, from } = pastEngine({ past, log: past.log, clock, decode: past.decode, strategyProblems });
  return createHttp({
    engine,
    answers: answersOf(past, { readStrategy, sandboxes: sandboxesOf(past), ...(verify !== undefined && { verify }) }),
    asOf: { kind: 'here', past, clock, from },
    sentenceOf,
    auth,
    version: VERSION,
    ...edge,
  });
};
