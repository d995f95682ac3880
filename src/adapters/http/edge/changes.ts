import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';
import type { Server } from '../surroundings.ts';

/** How many changes are taken in. Reads are none of them, and never wait here. */
export type ChangeLimits = {
  /** Worked on at once. */
  readonly atOnce: number;
  /** Of one client that wait for their turn; one more is answered 429. */
  readonly waitingOfOne: number;
  /** Of all clients that wait; one more is answered 503. */
  readonly waiting: number;
};
export const CHANGE_LIMITS: ChangeLimits = { atOnce: 64, waitingOfOne: 1_000, waiting: 10_000 };
/** When one that was turned away may try again, s. */
const RETRY_AFTER_SECONDS = 1;

const CHANGES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

type Waiting = { readonly begin: () => void };

/**
 * Changes are begun in turn, one of each client that waits, so that a client with a thousand of them keeps nobody else waiting for more
 * than one round. A client is who it says it is, at the address that it asks from.
 */
export const shareChanges = (server: Server, { atOnce, waitingOfOne, waiting: waitingMax }: ChangeLimits = CHANGE_LIMITS): void => {
  const clients = new Map<string, Set<Waiting>>();
  const held = new WeakSet<FastifyReply>();
  let underWay = 0;
  let waiting = 0;

  const next = (): void => {
    const [first] = clients;
    if (first === undefined || underWay >= atOnce) return;
    const [client, theirs] = first;
    const [one] = theirs;
    clients.delete(client);
    if (one === undefined) return;
    theirs.delete(one);
    if (theirs.size > 0) clients.set(client, theirs);
    waiting -= 1;
    one.begin();
  };
  const take = (reply: FastifyReply): void => {
    underWay += 1;
    held.add(reply);
    reply.raw.once('close', () => release(reply));
  };
  const release = (reply: FastifyReply): void => {
    if (!held.delete(reply)) return;
    underWay -= 1;
    next();
  };
  const turn = (client: string, reply: FastifyReply): Promise<void> =>
    new Promise((resolve, reject) => {
      const theirs = clients.get(client) ?? new Set();
      const leave = (): void => {
        if (!theirs.delete(one)) return;
        waiting -= 1;
        if (theirs.size === 0) clients.delete(client);
        // Whoever has gone is done nothing for.
        reject(new Problem(503, { message: 'The client has gone.' }));
      };
      const one: Waiting = {
        begin: () => {
          reply.raw.off('close', leave);
          take(reply);
          resolve();
        },
      };
      theirs.add(one);
      clients.set(client, theirs);
      waiting += 1;
      reply.raw.once('close', leave);
    });

  server.addHook('onRequest', async (request, reply) => {
    if (!CHANGES.has(request.method)) return;
    if (underWay < atOnce && waiting === 0) {
      take(reply);
      return;
    }
    const client = clientOf(request);
    if (waiting >= waitingMax) throw full(503, `Too many changes wait! Allowed: ${waitingMax}.`);
    if ((clients.get(client)?.size ?? 0) >= waitingOfOne) throw full(429, `Too many changes of one client wait! Allowed: ${waitingOfOne}.`);
    await turn(client, reply);
  });
  server.addHook('onSend', async (_request, reply, payload) => {
    release(reply);
    return payload;
  });
};

const full = (status: number, message: string): Problem => new Problem(status, { message }, { 'retry-after': String(RETRY_AFTER_SECONDS) });

const clientOf = ({ principal, ip }: FastifyRequest): string => `${JSON.stringify(principal)} ${ip}`;
