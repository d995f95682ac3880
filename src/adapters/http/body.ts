import { Problem } from './problem.ts';
import type { Server } from './surroundings.ts';

/** Largest body that is read, in bytes (4 MiB): a few thousand app definitions. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** JSON bodies with Marathon's answers to bad ones; no body at all is `undefined`, whatever the content type says. */
export const readJsonBodies = (server: Server): void => {
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text.length === 0 ? undefined : parse(text as string));
    } catch (error) {
      done(error instanceof Problem ? error : new Problem(400, { message: 'Invalid JSON', details: (error as Error).message }));
    }
  });
};

const parse = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) => {
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
