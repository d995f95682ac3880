import type { Invalid } from '../../domain/app/definition/violations.ts';
import type { Refusal, RefusalCode } from '../../domain/kernel/refusal.ts';

type Body = Readonly<Record<string, unknown>>;

/** An answer that is not a success: thrown by a route, rendered by the error handler in Marathon's shape `{message, details?}`. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body: Body & { readonly message: string }, headers: Readonly<Record<string, string>> = {}) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** Seconds after which a client may try again what could not be written or read now. */
export const RETRY_AFTER_SECONDS = 5;

/** HTTP status of each refusal; a test compares this table with the codes that there are. */
export const STATUS_OF: Readonly<Record<RefusalCode, number>> = {
  'already-exists': 409,
  'app-locked': 409,
  'illegal-in-state': 409,
  invalid: 422,
  'not-found': 404,
  quarantined: 409,
  'too-many-deployments': 403,
  unavailable: 503,
  'version-unknown': 422,
};

export const refused = ({ code, message, details }: Refusal): Problem =>
  code === 'unavailable' ? unavailable(message) : new Problem(STATUS_OF[code], { message, ...details });

export const unavailable = (message: string): Problem => new Problem(503, { message }, { 'retry-after': String(RETRY_AFTER_SECONDS) });

export const notFound = (message: string): Problem => new Problem(404, { message });

export const appNotFound = (id: string): Problem => notFound(`App '${id}' does not exist`);

export const invalid = ({ status, message, details }: Invalid): Problem => new Problem(status, { message, details });

/** One thing wrong with a request, in the shape of Marathon's validation errors. */
export const wrong = (path: string, error: string): Problem =>
  new Problem(422, { message: 'Object is not valid', details: [{ path, errors: [error] }] });
