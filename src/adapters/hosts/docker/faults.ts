import type { HostFault } from '../../../domain/ports/hosts.ts';
import { DEFAULT_REGISTRY, parseReference } from './references.ts';

/** How a fault travels through this adapter's own code; at its border it becomes a Left. */
export class HostFaultError extends Error {
  override name = 'HostFaultError';
  readonly fault: HostFault;
  constructor(fault: HostFault) {
    super(fault.message, { cause: fault });
    this.fault = fault;
  }
}

/** No answer came in time; the engine may still do what it was told. */
export class DeadlinePassed extends Error {
  override name = 'DeadlinePassed';
}

/** What the engine said, or why it did not. */
export type Answer = { readonly status: number | undefined; readonly message: string; readonly late: boolean };

export const answerOf = (error: unknown): Answer => {
  if (error instanceof DeadlinePassed) return { status: undefined, message: error.message, late: true };
  if (!(error instanceof Error)) return { status: undefined, message: String(error), late: false };
  const { statusCode, json } = error as Error & { statusCode?: unknown; json?: { message?: unknown } };
  const told = json !== null && typeof json === 'object' && typeof json.message === 'string' ? json.message : undefined;
  const code = (error as NodeJS.ErrnoException).code;
  const plain = error.message === '' ? (code ?? error.name) : error.message;
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    message: (told ?? plain).replace(MODEM_PREFIX, '').trim(),
    late: false,
  };
};

/** What docker-modem puts before the engine's words. */
const MODEM_PREFIX = /^\(HTTP code \d+\) [a-z ,/]+ - /;

export const statusOf = (error: unknown): number | undefined => answerOf(error).status;

/** A mistake of ours is no fault of the host. */
const isDefect = (error: unknown): boolean => error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;

/** Any call: an answer means that the host is there; no answer by the deadline is worth another try; no connection is no host. */
export const faultOf = (error: unknown): HostFault => {
  if (error instanceof HostFaultError) return error.fault;
  if (isDefect(error)) throw error;
  const { status, message, late } = answerOf(error);
  if (late) return { _tag: 'Transient', message };
  if (status === undefined) return { _tag: 'HostUnreachable', message };
  return { _tag: 'Transient', message: `the engine answered ${status}: ${message}` };
};

/** The heartbeat: whatever the reason, a host that does not answer it is unreachable. */
export const pingFaultOf = (error: unknown): HostFault => ({ _tag: 'HostUnreachable', message: faultOf(error).message });

/** Creating: whatever the engine says about the request itself will not change by repeating it. */
export const createFaultOf = (error: unknown): HostFault => {
  const { status, message } = answerOf(error);
  return status !== undefined && status >= 400 && status < 500 ? { _tag: 'StartRejected', message } : faultOf(error);
};

/** Starting: Docker tells most reasons in words only (moby, daemon/start.go and daemon/errors.go). */
export const startFaultOf = (error: unknown, command: string): HostFault => {
  const { status, message } = answerOf(error);
  if (status === undefined) return faultOf(error);
  const port = portTaken(message);
  if (port !== undefined) return { _tag: 'PortTaken', ...port, message };
  if (NOT_EXECUTABLE.test(message)) return { _tag: 'CommandNotFound', command: /exec: "([^"]+)"/.exec(message)?.[1] ?? command, message };
  if (status < 500 || REFUSED.test(message)) return { _tag: 'StartRejected', message };
  return faultOf(error);
};

/** The engine's exit codes 127 and 126 in words: not found, and found but not to be executed. */
const NOT_EXECUTABLE =
  /executable file not found|exec: "[^"]*": (?:stat [^:]*: no such file|permission denied|is a directory)|exec .*: no such file or directory|exec format error/;
/** 500s which no repetition heals: the runtime refused the container's configuration. */
const REFUSED =
  /OCI runtime create failed|could not select device driver|invalid mount config|unknown log driver|failed to initialize logging driver/;

const portTaken = (message: string): { readonly port?: number } | undefined => {
  if (!/port is already allocated|address already in use/.test(message)) return undefined;
  const port = /(?:Bind for |listen \w+ |bind host port for )\S*?:(\d+)/.exec(message)?.[1] ?? /:(\d+)\b/.exec(message)?.[1];
  return port === undefined ? {} : { port: Number(port) };
};

/**
 * Pulling. "There is no such thing" is told apart from "I could not get it".
 * @param status the engine's own status where it answered with one; what the registry said stands in the words.
 */
export const pullFaultOf = (image: string, message: string, status?: number): HostFault => {
  const { registry } = parseReference(image);
  if (/manifest unknown|manifest for .* not found|name unknown|repository name not known/i.test(message))
    return { _tag: 'ImageMissing', image, message };
  const told =
    /unexpected (?:HTTP )?status(?: code)?:? .*?(\d{3})/i.exec(message)?.[1] ?? /error parsing HTTP (\d{3}) response/.exec(message)?.[1];
  const known =
    told !== undefined ? Number(told) : /unauthorized|no basic auth credentials|authentication required/i.test(message) ? 401 : status;
  // The engine's own 500 says nothing about the registry.
  const spoken = known === 500 && told === undefined ? undefined : known;
  return {
    _tag: 'ImagePullFailed',
    image,
    registry: registry || DEFAULT_REGISTRY,
    ...(spoken === undefined ? {} : { status: spoken }),
    message,
  };
};
