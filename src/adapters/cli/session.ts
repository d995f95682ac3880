import type { Command } from 'commander';
import { type Client, createClient, type Json } from './client.ts';
import { type ConnectionOptions, findConnection } from './connection.ts';
import type { Io } from './io.ts';
import { printable, table } from './render.ts';

/** One command as it runs: the engine it talks to, and the two ways to answer. */
export type Session = {
  readonly io: Io;
  readonly client: Client;
  readonly json: boolean;
  /** One document for programs; a text for people. */
  answer(document: Json, people: () => string): void;
  table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string;
};

/** No time before the end. */
const LOG_END = '-0s';

export const openSession = async (command: Command, io: Io): Promise<Session> => {
  const options = command.optsWithGlobals<ConnectionOptions & { readonly json?: boolean; readonly at?: string }>();
  const json = options.json === true;
  // A log without its engine has its own present: its end.
  const at = options.at ?? (options.log === undefined ? undefined : LOG_END);
  const client = createClient(await findConnection(options, io), {
    onWarning: (warning) => io.err(`warning: ${printable(warning)}\n`),
    ...(at !== undefined && { at }),
  });
  return {
    // Ages are told as of what was read.
    io: { ...io, now: () => client.asOf() ?? io.now() },
    client,
    json,
    answer: (document, people) => io.out(json ? `${JSON.stringify(document, undefined, io.terminal ? 2 : undefined)}\n` : people()),
    table: (head, rows) => table(head, rows, io.terminal?.columns),
  };
};
