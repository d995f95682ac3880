import type { Either } from 'fp-ts/lib/Either.js';

/**
 * Runs work under a span that is a child of `traceparent` (W3C Trace Context). A `Left` marks the span as failed.
 * Answers as the work does, whatever becomes of the span.
 */
export type Trace = <Fault extends { readonly _tag: string }, A>(
  name: string,
  traceparent: string,
  attributes: Readonly<Record<string, string | number>>,
  work: () => Promise<Either<Fault, A>>,
) => Promise<Either<Fault, A>>;
