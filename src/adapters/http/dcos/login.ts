import { z } from 'zod';
import type { Instant } from '../../../domain/kernel/units.ts';
import { type Access, sameSecret } from '../access.ts';
import { Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { LOGIN_LIFETIME_MS } from './loginTokens.ts';
import { provesServiceAccount } from './signedLogin.ts';

const UID_CHARACTERS_MAX = 128;

const uid = z.string().min(1).max(UID_CHARACTERS_MAX);
const credentials = z.union([z.object({ uid, password: z.string() }), z.object({ uid, token: z.string() })]);
type Credentials = z.infer<typeof credentials>;

const tags = ['login'];

/** DC/OS' login: what clients do before anything else. */
export const serveLogin = (server: Server, { engine, access }: Surroundings): void => {
  server.route({
    method: 'POST',
    url: '/acs/api/v1/auth/login',
    schema: { summary: 'A token for a name and the key of this API as password, or for a service account.', tags, body: credentials },
    handler: async ({ body }, reply) => {
      if (!(await proves(access, body, engine.clock.now()))) throw refusedLogin();
      const token = access.tokens.issue(body.uid);
      reply.header('set-cookie', tokenCookie(token));
      return { token };
    },
  });

  // There is no session to end: a token is good until it expires, and none is ever taken from a cookie.
  server.get('/acs/api/v1/auth/logout', { schema: { summary: 'For clients that say goodbye.', tags } }, async () => ({}));

  server.get('/acs/api/v1/auth/providers', { schema: { summary: 'How to log in.', tags } }, async () => ({
    'dcos-users': {
      'authentication-type': 'dcos-uid-password',
      'client-method': 'dcos-usercredential-post-receive-authtoken',
      config: { start_flow_url: '/acs/api/v1/auth/login' },
      description: 'Any name, and the key of this API as password',
    },
    ...(access.auth !== 'none' &&
      access.auth.serviceKeyOf !== undefined && {
        'dcos-services': {
          'authentication-type': 'dcos-uid-servicekey',
          'client-method': 'dcos-servicecredential-post-receive-authtoken',
          config: { start_flow_url: '/acs/api/v1/auth/login' },
          description: 'A service account with its private key',
        },
      }),
  }));

  // Tokens are signed with a key that is not shared: there is none to publish.
  server.get('/acs/api/v1/auth/jwks', { schema: { summary: 'Public keys of tokens: none.', tags } }, async () => ({ keys: [] }));
};

/**
 * Clients with a service account, such as marathon-lb, take the token from here and send it in a header. Browsers bring it back to the
 * login alone, so that no service behind this API sees it and no other site gets anything done with it.
 */
const tokenCookie = (token: string): string =>
  `dcos-acs-auth-cookie=${token}; Path=/acs/api/v1/auth; Max-Age=${LOGIN_LIFETIME_MS / 1000}; HttpOnly; SameSite=Strict`;

/** An open cluster asks nobody, so whoever logs in is welcome; the token opens what is open. */
const proves = async ({ auth }: Access, given: Credentials, now: Instant): Promise<boolean> => {
  if (auth === 'none') return true;
  if ('password' in given) return sameSecret(given.password, auth.token);
  const key = await auth.serviceKeyOf?.(given.uid);
  return key !== undefined && provesServiceAccount(given.token, given.uid, key, now);
};

const refusedLogin = (): Problem =>
  new Problem(401, {
    message: 'The login was refused: the password is the key of this API, or the service account is not known by this key.',
    title: 'Unauthorized',
    description: 'Invalid credentials.',
    code: 'ERR_INVALID_CREDENTIALS',
  });
