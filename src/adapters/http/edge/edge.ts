import type { Server } from '../surroundings.ts';
import { compressAnswers } from './compression.ts';
import { limitConcurrency } from './concurrency.ts';
import { allowOrigins } from './crossOrigin.ts';
import { answerUnrouted } from './methods.ts';

/** What holds for every request, whatever it asks for. */
export type EdgeOptions = {
  /** Origins whose pages may read here; `*` is any. None unless told. */
  readonly allowOrigins?: readonly string[];
  /** gzip for who takes it; on unless turned off. */
  readonly compression?: boolean;
  /** Requests that are worked on at once. No limit unless told. */
  readonly maxConcurrentRequests?: number;
};

/** Set up before access is guarded: a preflight carries no token, and who is turned away for want of room is asked for none. */
export const layEdge = (server: Server, { allowOrigins: origins = [], compression = true, maxConcurrentRequests }: EdgeOptions): void => {
  if (maxConcurrentRequests !== undefined) limitConcurrency(server, maxConcurrentRequests);
  allowOrigins(server, origins);
  if (compression) compressAnswers(server);
  answerUnrouted(server);
};
