import { Problem } from './problem.ts';
import type { Server } from './surroundings.ts';

/** Largest body that is read, in bytes (4 MiB): a few thousand app definitions. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * JSON bodies with Marathon's answers to bad ones; no body at all is `undefined`, whatever the content type says. A body that is called
 * something else is refused but for groups, where Marathon never looked; curl calls it a form when it is told nothing. One that is
 * called nothing is JSON.
 */
export const readJsonBodies = (server: Server): void => {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) =>
    answer(done, () => parse(text as string)),
  );
  server.addContentTypeParser('*', { parseAs: 'string' }, ({ headers, url }, text, done) =>
    answer(done, () => {
      const type = headers['content-type'];
      // Mesos takes these as a form.
      if (type?.startsWith('application/x-www-form-urlencoded') === true && /^\/mesos\/(?:un)?reserve(?:\?|$)/.test(url))
        return Object.fromEntries(new URLSearchParams(text as string));
      if (text.length > 0 && type !== undefined && type !== '' && !/^\/v2\/groups(\/|\?|$)/.test(url)) throw unsupported(type);
      return parse(text as string);
    }),
  );
};

const answer = (done: (error: Error | null, body?: unknown) => void, body: () => unknown): void => {
  try {
    done(null, body());
  } catch (error) {
    done(error instanceof Problem ? error : new Problem(400, { message: 'Invalid JSON', details: (error as Error).message }));
  }
};

const unsupported = (type: string): Problem =>
  new Problem(415, { message: `A body of '${type}' is not read here; send JSON with 'Content-Type: application/json'.` });

const parse = (text: string): unknown =>
  text.length === 0
    ? undefined
    : JSON.parse(text, (key, value: unknown) => {
        // No definition has such a key; a body that brings one means harm.
        if (key === '__proto__') throw new Problem(400, { message: 'Invalid JSON', details: "the key '__proto__' is not allowed" });
        return value;
      });

/** The body as an object, or Marathon's answer to anything else. */
export const objectBody = (body: unknown): Readonly<Record<string, unknown>> => {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  throw new Problem(400, { message: 'Please specify data in JSON format', details: 'an object was expected' });
};

export const arrayBody = (body: unknown): readonly unknown[] => {
  if (Array.isArray(body)) return body;
  throw new Problem(400, { message: 'Please specify data in JSON format', details: 'an array was expected' });
};
