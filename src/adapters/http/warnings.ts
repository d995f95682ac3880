import type { FastifyRequest } from 'fastify';
import type { Server } from './surroundings.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Sentences for the client that do not change the outcome. */
    warnings: string[];
  }
}

/** Warnings of one answer, and characters of one of them; the rest is counted. A header beyond 8 KiB is refused by many a proxy. */
export const WARNINGS_MAX = 16;
export const WARNING_CHARACTERS_MAX = 256;

/** Warnings that are gathered for one answer: of more it is only known that there are more. */
export const WARNINGS_GATHERED_MAX = 128;

/** Told once, however often it comes up. What is worked out as it is asked for is not, once enough is there. */
export const warn = ({ warnings }: FastifyRequest, texts: Iterable<string>): void => {
  if (warnings.length >= WARNINGS_GATHERED_MAX) return;
  for (const text of texts) {
    if (!warnings.includes(text)) warnings.push(text);
    if (warnings.length >= WARNINGS_GATHERED_MAX) return;
  }
};

/**
 * What an answer has to warn of, as `Warning: 299 - "…"`, one header line each. RFC 9111 retired the header, yet it is the one that
 * clients print (kubectl does), that no client of Marathon stumbles over, and that needs no name of our own. Set up before whatever may turn
 * a request away, whose answer passes here, too.
 */
export const tellWarnings = (server: Server): void => {
  server.addHook('onRequest', async (request) => {
    request.warnings = [];
  });
  server.addHook('onSend', async ({ warnings }, reply, payload) => {
    if (warnings.length === 0) return payload;
    const told = warnings.length <= WARNINGS_MAX ? warnings : warnings.slice(0, WARNINGS_MAX - 1);
    const rest = warnings.length - told.length;
    const more = warnings.length < WARNINGS_GATHERED_MAX ? `and ${rest} more` : `and ${rest} more at least`;
    reply.header('warning', [...told, ...(rest === 0 ? [] : [more])].map(warningValue));
    return payload;
  });
};

/** `299` is the code of a persistent warning of any kind, `-` an agent that does not name itself. */
export const warningValue = (text: string): string => {
  const printable = [...text].map((character) => (/[\x20-\x7e]/.test(character) ? character : escaped(character))).join('');
  const short = printable.length <= WARNING_CHARACTERS_MAX ? printable : `${printable.slice(0, WARNING_CHARACTERS_MAX - 3)}...`;
  return `299 - "${short.replace(/["\\]/g, '\\$&')}"`;
};

/** As JSON writes it: headers hold ASCII. */
const escaped = (character: string): string =>
  [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
