import { z } from 'zod';
import type { Engine } from '../../../domain/ports/engine.ts';
import { RETENTION_LOG } from '../../../domain/retention/retention.facts.ts';
import { ask } from '../ask.ts';
import { notFound, Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const subject = z
  .string()
  .regex(/^[a-z]+:.+$/, 'is no subject such as app:/shop/web')
  .describe('Whose fields are sealed, such as `app:/shop/web`.');

/** `GET /v1/sealed` says what a subject's key hides; `POST /v1/sealed/shred` destroys it. */
export const serveSealed = (server: Server, { engine, shredding }: Surroundings): void => {
  const keys = () => {
    if (shredding === undefined) throw new Problem(501, { message: 'This engine keeps no keys.' });
    return shredding;
  };
  const hiddenBy = async (subject: string) => {
    const hidden = await keys().hiddenBy(subject);
    if (hidden === undefined) throw notFound(`There is no key for '${subject}': nothing was sealed for it, or it was destroyed`);
    return hidden;
  };
  server.route({
    method: 'GET',
    url: '/v1/sealed',
    schema: {
      summary: 'What the key of a subject hides, by fact and field, and why it may not be destroyed.',
      tags: ['history'],
      querystring: z.object({ subject }),
    },
    handler: async ({ query }) => {
      const neededBy = needOf(engine, query.subject);
      return { ...(await hiddenBy(query.subject)), ...(neededBy !== undefined && { neededBy }) };
    },
  });
  server.route({
    method: 'POST',
    url: '/v1/sealed/shred',
    schema: {
      summary: 'Destroys the key of a subject: what it sealed can never be read again. Refused while something that runs needs it.',
      tags: ['history'],
      body: z.strictObject({ subject, key: z.string().describe('Its id, as it was answered with what it hides.') }),
    },
    handler: async (request) => {
      const { subject, key } = request.body;
      const neededBy = needOf(engine, subject);
      if (neededBy !== undefined) throw new Problem(409, { message: `The key of '${subject}' is still needed: ${neededBy}.` });
      const hidden = await hiddenBy(subject);
      if (hidden.key !== key) throw new Problem(409, { message: `'${subject}' has another key by now: look again at what it hides.` });
      const { position } = await ask(engine, request, RETENTION_LOG as never, { type: 'ShredSubject', ...hidden } as never);
      keys().destroy(key);
      return { ...hidden, position };
    },
  });
};

/** An app's versions are what its instances are started from, and what a rollback goes back to. */
const needOf = ({ views }: Engine, subject: string): string | undefined => {
  const app = /^app:(.+)$/.exec(subject)?.[1];
  if (app === undefined) return undefined;
  if (views.apps.get(app) !== undefined) return `the app ${app} is there, and its instances start with what is sealed; remove it first`;
  const deployment = views.deployments.running().find((row) => row.app === app);
  if (deployment !== undefined) return `the deployment ${deployment.id} of ${app} has not ended`;
  const plan = views.plans.running()[0];
  return plan === undefined ? undefined : `the plan ${plan.id} has not ended, and may hold a version of ${app}`;
};
