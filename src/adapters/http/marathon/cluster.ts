import { notFound } from '../problem.ts';
import type { Server } from '../surroundings.ts';

/** Whether it answers, and what Marathon's plugins would stand for. */
export const serveCluster = (server: Server): void => {
  server.get('/', { exposeHeadRoute: false, schema: { hide: true } }, async (_request, reply) => reply.redirect('/ui/'));

  server.get('/ping', { schema: { summary: 'Whether the engine answers.', tags: ['cluster'] } }, async (request, reply) => {
    const accept = request.headers.accept ?? '*/*';
    if (/text\/plain|text\/\*|\*\/\*/.test(accept)) return reply.type('text/plain; charset=utf-8').send('pong');
    if (accept.includes('application/json') || accept.includes('application/*')) return reply.type('application/json').send('"pong"');
    return reply.code(204).send();
  });

  server.get('/v2/plugins', { schema: { summary: 'Plugins: there are none.', tags: ['cluster'] } }, async () => ({ plugins: [] }));
  server.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/v2/plugins/:id/*',
    schema: { hide: true },
    handler: async ({ params }) => {
      throw notFound(`No plugin with this pluginId: ${(params as { readonly id: string }).id}`);
    },
  });
};
