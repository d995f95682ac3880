import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';
import type { Server } from '../surroundings.ts';

type Pattern = { readonly matches: RegExp; readonly methods: Set<string> };

/**
 * What is answered where no route is: `OPTIONS` with the methods of the path, another method of a known path 405, and else that there is
 * no such path, which Marathon answers as 500 below `/v2`.
 */
export const answerUnrouted = (server: Server): void => {
  const patterns = new Map<string, Pattern>();
  server.addHook('onRoute', ({ url, method }) => {
    const pattern = patterns.get(url) ?? { matches: expressionOf(url), methods: new Set<string>() };
    patterns.set(url, pattern);
    for (const each of [method].flat()) pattern.methods.add(each);
  });
  const methodsOf = (path: string): readonly string[] => {
    const found = [...patterns.values()].filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => [...methods]);
    return found.length === 0 ? [] : [...new Set([...found, 'OPTIONS'])].sort();
  };
  server.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = methodsOf(path);
    // Marathon's quirk: what its API does not know is its own fault.
    if (methods.length === 0) throw new Problem(/^\/v2(\/|$)/.test(path) ? 500 : 404, { message: 'URI not found' });
    const allow = methods.join(', ');
    if (request.method === 'OPTIONS') return reply.header('allow', allow).code(200).send();
    throw new Problem(405, { message: `${request.method} is not possible here: ${allow}` }, { allow });
  });
};

/** A pattern of the router as an expression: `:name` is one segment, `*` the rest, `::` a colon. */
const expressionOf = (url: string): RegExp => {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('::', '\0')
    .replace(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*')
    .replaceAll('\0', ':');
  return new RegExp(`^${source.replace(/\/$/, '')}/?$`);
};
