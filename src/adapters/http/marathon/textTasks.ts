import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.ts';

/** Marathon gave tasks as text once, and has not since 1.11: who takes nothing else is told so. @throws Problem 406 */
export const refuseText = ({ headers: { accept = '*/*' } }: FastifyRequest): void => {
  if (/text\/plain/i.test(accept) && !/application\/(json|\*)|\*\/\*/i.test(accept))
    throw new Problem(406, { message: 'Tasks are not given as text/plain any more; ask for application/json.' });
};
