import { usage } from '../../failure.ts';

/** What a source asks for before it answers. */
export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

export type Address = {
  /** Without login, query and trailing slash: `https://dcos/service/marathon`. */
  readonly base: URL;
  /** For people. */
  readonly where: string;
  readonly login: Login;
};

/** An address as somebody types it. @throws CliFailure for what is none, or holds two logins. */
export const addressOf = (text: string, token: string | undefined): Address => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw usage(`'${text.replace(/\/\/[^@/]*@/, '//')}' is no address of a Marathon; it looks like http://marathon.example:8080`);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  if (user !== '' && token !== undefined) throw usage('a login in the address and a token are two; give one of them');
  const base = new URL(url.origin + url.pathname.replace(/\/+(?:v2\/?.*)?$/, ''));
  const where = `${base.origin}${base.pathname.replace(/\/$/, '')}`;
  return { base, where, login: loginOf(user, password, token) };
};

const loginOf = (user: string, password: string, token: string | undefined): Login => {
  if (token !== undefined) return { kind: 'token', token };
  return user === '' ? { kind: 'none' } : { kind: 'basic', user, password };
};

/** The header's forms, the likeliest first: DC/OS took `token=` before it took Bearer. */
export const authorizationsOf = ({ base, login }: Address): readonly [string | undefined, ...string[]] => {
  if (login.kind === 'none') return [undefined];
  if (login.kind === 'basic') return [`Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`];
  const [dcos, bearer] = [`token=${login.token}`, `Bearer ${login.token}`];
  return base.pathname.includes('/service/') ? [dcos, bearer] : [bearer, dcos];
};
