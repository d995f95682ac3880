import type { Either } from 'fp-ts/lib/Either.js';
import type { Command } from '../domain/kernel/decider.ts';
import { ENGINE, type StreamName } from '../domain/kernel/ids.ts';
import type { Refusal } from '../domain/kernel/refusal.ts';
import type { Accepted } from '../domain/ports/engine.ts';
import type { Cause } from './envelope.ts';

/** Sends a command from inside the engine. It stays with its actor until the log takes it; `settle` is called after the commit. */
export type Tell = (stream: StreamName, command: Command, cause: Cause, settle?: (result: Either<Refusal, Accepted>) => void) => void;

/** What follows from an owed effect is the engine's deed, caused by the fact that made it owed. */
export const engineCause = ({ correlationId, causationId, traceparent }: Cause): Cause =>
  traceparent === undefined ? { correlationId, causationId, by: ENGINE } : { correlationId, causationId, by: ENGINE, traceparent };
