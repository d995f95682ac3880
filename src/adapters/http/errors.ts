import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ArchiveUnreachable } from '../../domain/kernel/archiveUnreachable.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { Problem, unavailable } from './problem.ts';
import type { Server } from './surroundings.ts';

/** Every answer that is no success has Marathon's shape, and says nothing of our insides. */
export const answerProblems = (server: Server): void => {
  server.setErrorHandler<FastifyError | Problem | Error>((error, request, reply) => {
    const { status, body, headers } = problemOf(error);
    if (status >= 500 && !(error instanceof Problem)) request.log.error({ err: error }, 'request failed');
    return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(body));
  });
};

const problemOf = (error: FastifyError | Problem | Error): Pick<Problem, 'status' | 'body' | 'headers'> => {
  if (error instanceof Problem) return error;
  if (error instanceof ArchiveUnreachable) return unavailable(error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map(({ instancePath, message }) => ({ path: instancePath || '/', errors: [message] }));
    return { status: 422, body: { message: 'Object is not valid', details }, headers: {} };
  }
  if ('code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { status: 413, body: { message: `The body is larger than ${MAX_BODY_BYTES} bytes.` }, headers: {} };
  const status = 'statusCode' in error && error.statusCode !== undefined ? error.statusCode : 500;
  if (status < 500) return { status, body: { message: error.message }, headers: {} };
  return { status: 500, body: { message: 'Internal error; the log of the engine says more.' }, headers: {} };
};
