import type { Server, Surroundings } from '../../surroundings.ts';
import { forward } from './forward.ts';

/** `/service/<name>/…`: whatever comes is passed on to the app of that name. */
export const serveServices = (server: Server, { engine, access, closing }: Surroundings): void => {
  server.register(async (scope) => {
    // Bodies are the service's to read.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.all('/service/*', { schema: { hide: true }, config: { passedOn: true } }, (request, reply) =>
      forward(engine, access, closing, request, reply),
    );
  });
};
