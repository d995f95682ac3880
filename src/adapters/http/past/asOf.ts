import type { FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import { momentPosition, parseMoment } from '../../../domain/kernel/moment.ts';
import type { Clock } from '../../../domain/kernel/ports.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Past } from '../../../domain/ports/past.ts';
import { Problem } from '../problem.ts';
import type { Server } from '../surroundings.ts';
import { isAsOfRoute, liveOnlyFields, withoutLiveOnly } from './liveOnly.ts';
import type { PassOn } from './passOn.ts';
import type { PastEngine, Standpoint } from './pastEngine.ts';

export const AT_HEADER = 'x-wharf-at';
export const AGE_HEADER = 'x-wharf-age';
export const LIVE_ONLY_HEADER = 'x-wharf-live-only';

/** Routes whose answers come from the past alone, with or without a moment. */
const HISTORY = /^\/v1\/history(\/|$)/;

/** Who answers what is asked of the past: this server itself, or another one that it is passed on to. */
export type AsOf =
  | { readonly kind: 'here'; readonly past: Past; readonly clock: Clock; readonly from: PastEngine['from'] }
  | { readonly kind: 'there'; readonly passOn: PassOn };

type Asked = { readonly at: string | undefined; readonly isHistory: boolean };

/** Every read takes `at`: an instant, a position of the log, or an age. A write that carries it is refused, and so is the future. */
export const answerAsOf = (server: Server, asOf: AsOf): void => {
  const answered = new WeakMap<object, Standpoint>();
  server.addHook('onRequest', (request, reply, done) => {
    const { url = '', config } = request.routeOptions;
    if (config.passedOn === true) return done();
    const asked: Asked = { at: atOf(request.query), isHistory: HISTORY.test(url) };
    if (asked.at === undefined && !asked.isHistory) return done();
    const problem = refusalOf(asked, request.method, url);
    if (problem !== undefined) return done(problem);
    if (asOf.kind === 'there') return asOf.passOn(request, reply, done);
    const { past, clock, from } = asOf;
    const standpoint = standpointOf(asked, past, clock);
    if (standpoint instanceof Problem) return done(standpoint);
    if (asked.at !== undefined) answered.set(request, standpoint);
    from(standpoint, done);
  });
  if (asOf.kind === 'there') return;
  const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? '';
  server.addHook('preSerialization', async (request, _reply, payload) =>
    answered.has(request) ? withoutLiveOnly(routeOf(request), payload) : payload,
  );
  server.addHook('onSend', async (request, reply, payload) => {
    const standpoint = answered.get(request);
    if (standpoint !== undefined) {
      reply.header(AT_HEADER, isoInstant(standpoint.at));
      // Seconds, as in HTTP's own Age (RFC 9111, 5.1).
      reply.header(AGE_HEADER, String(Math.max(0, Math.floor((asOf.clock.now() - standpoint.at) / 1000))));
      const absent = liveOnlyFields(routeOf(request));
      if (absent.length > 0) reply.header(LIVE_ONLY_HEADER, absent.join(', '));
    }
    return payload;
  });
};

const atOf = (query: unknown): string | undefined => {
  const { at } = (query ?? {}) as { readonly at?: string | readonly string[] };
  return typeof at === 'string' ? at : at?.at(-1);
};

const refusalOf = ({ at, isHistory }: Asked, method: string, url: string): Problem | undefined => {
  if (at === undefined) return undefined;
  if (method !== 'GET' && method !== 'HEAD' && !isHistory) return wrongAt('A write happens now: it takes no `at`.');
  return isAsOfRoute(url) ? undefined : wrongAt('This tells of the present alone: it takes no `at`.');
};

const standpointOf = ({ at }: Asked, past: Past, clock: Clock): Standpoint | Problem => {
  const now = clock.now();
  if (at === undefined) return { position: past.head(), at: now };
  const moment = parseMoment(at, now);
  if (E.isLeft(moment)) return wrongAt(moment.left);
  const head = past.head();
  if ('position' in moment.right) {
    const { position } = moment.right;
    if (position > head) return wrongAt(`Position ${position} is in the future: the log ends at ${head}.`);
    return { position, at: past.fact(position)?.meta.at ?? 0 };
  }
  if (moment.right.at > now) return wrongAt(`${isoInstant(moment.right.at)} is in the future.`);
  return { position: momentPosition(past, moment.right), at: moment.right.at };
};

const wrongAt = (error: string): Problem => new Problem(400, { message: error, details: [{ path: '/at', errors: [error] }] });
