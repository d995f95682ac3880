import type { FastifyRequest } from 'fastify';
import { v5 } from 'uuid';
import type { Principal, Uuid } from '../../domain/kernel/ids.ts';
import type { Caller } from './access.ts';
import { Problem } from './problem.ts';

/** Whom a caller speaks for, such as `kafka:orders`. Taken through the unix socket alone: who may open it may do all that this API does. */
export const ON_BEHALF_OF_HEADER = 'x-wharf-on-behalf-of';
/** The UUID under which the request is recorded, so that its caller can look whether it was. Through the unix socket alone, too. */
export const REQUEST_ID_HEADER = 'x-wharf-request-id';

/** A kind and a name: no principal of this API's own looks like it. */
const SPOKEN_FOR = /^[a-z][a-z0-9]{0,31}:[\w.-]{1,100}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @throws Problem 400 for a header that names nobody. */
export const spokenFor = ({ headers }: Pick<Caller, 'headers'>): Principal | undefined => {
  const named = headers[ON_BEHALF_OF_HEADER];
  if (named === undefined) return undefined;
  if (typeof named !== 'string' || !SPOKEN_FOR.test(named))
    throw new Problem(400, { message: `${ON_BEHALF_OF_HEADER} must be like kafka:orders: a kind and a name` });
  return named;
};

const roots = new WeakMap<FastifyRequest, number>();

/**
 * The id of the next root that a request is recorded under, where its caller chose one: that one first, then names made of it.
 * @throws Problem 400 for one that is no UUID
 */
export const chosenRoot = (request: FastifyRequest, isLocal: boolean): Uuid | undefined => {
  const chosen = request.headers[REQUEST_ID_HEADER];
  if (!isLocal || chosen === undefined) return undefined;
  if (typeof chosen !== 'string' || !UUID.test(chosen))
    throw new Problem(400, { message: `${REQUEST_ID_HEADER} must be a UUID in lower case` });
  const nth = roots.get(request) ?? 0;
  roots.set(request, nth + 1);
  return nthRoot(chosen, nth);
};

/** A request that makes several commands has a root for each. */
export const nthRoot = (first: Uuid, nth: number): Uuid => (nth === 0 ? first : v5(String(nth), first));
