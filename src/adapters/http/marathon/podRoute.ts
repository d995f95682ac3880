import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Surroundings } from '../surroundings.ts';
import type { PodPath, PodSuffix } from './podPaths.ts';

export type PodCall<Q> = Pick<PodPath, 'id' | 'leaf'> &
  Pick<Surroundings, 'engine'> & { readonly query: Q; readonly request: FastifyRequest; readonly reply: FastifyReply };

/** One operation on one pod: the path behind the id, what it takes, what it does. */
export type PodRoute<Q extends z.ZodType = z.ZodType> = {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly suffix: PodSuffix;
  readonly summary: string;
  readonly query: Q;
  readonly takesBody?: true;
  handle(call: PodCall<z.infer<Q>>): unknown;
};

/** Keeps the type of the query where it is used. */
export const podRoute = <Q extends z.ZodType>(route: PodRoute<Q>): PodRoute => route as unknown as PodRoute;
