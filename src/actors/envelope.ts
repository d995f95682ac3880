import type { Either } from 'fp-ts/lib/Either.js';
import type { Command } from '../domain/kernel/decider.ts';
import type { Principal, Uuid } from '../domain/kernel/ids.ts';
import type { Refusal } from '../domain/kernel/refusal.ts';
import type { Accepted, Request } from '../domain/ports/engine.ts';

/** What led to a command: its facts carry it on, so that `why` can walk back. */
export type Cause = { readonly correlationId: Uuid; readonly causationId: Uuid; readonly by: Principal; readonly traceparent?: string };

/** Asks whether a timer of the present state is due; the shell answers with `TimerElapsed` or with silence. */
export type LookAtTimers = { readonly type: 'LookAtTimers' };

/** A command on its way to one actor. */
export type Envelope = {
  readonly command: Command | LookAtTimers;
  readonly cause: Cause;
  /** An outside command: recorded once as a root, and answered 'unavailable' at once when the log cannot be written. */
  readonly request?: Request;
  /** Someone outside waits for it, though it is no root: answered 'unavailable' as soon as a request. */
  readonly isAwaited?: boolean;
  /** Called once, after the commit. */
  readonly settle?: (result: Either<Refusal, Accepted>) => void;
};
