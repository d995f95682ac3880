import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Surroundings } from '../surroundings.ts';
import type { AppPath, AppSuffix } from './appPaths.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type AppCall<Q> = Pick<AppPath, 'id' | 'group' | 'leaf'> &
  Pick<Surroundings, 'engine'> & { readonly query: Q; readonly request: FastifyRequest; readonly reply: FastifyReply };

/** One operation on one app: the path behind the id, what it takes, what it does. */
export type AppRoute<Q extends z.ZodType = z.ZodType> = {
  readonly method: Method;
  readonly suffix: AppSuffix;
  readonly summary: string;
  readonly query: Q;
  /** Whether `{id}/*`, all apps of a group, is an id here. */
  readonly ofGroups?: true;
  readonly takesBody?: true;
  handle(call: AppCall<z.infer<Q>>): unknown;
};

/** Keeps the type of the query where it is used. */
export const appRoute = <Q extends z.ZodType>(route: AppRoute<Q>): AppRoute => route as unknown as AppRoute;
