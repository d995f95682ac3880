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

export const openSession = async (command: Command, io: Io): Promise<Session> => {
  const options = command.optsWithGlobals<ConnectionOptions & { readonly json?: boolean; readonly at?: string }>();
  const json = options.json === true;
  return {
    io,
    client: createClient(await findConnection(options, io), {
      onWarning: (warning) => io.err(`warning: ${printable(warning)}\n`),
      ...(options.at !== undefined && { at: options.at }),
    }),
    json,
    answer: (document, people) => io.out(json ? `${JSON.stringify(document, undefined, io.terminal ? 2 : undefined)}\n` : people()),
    table: (head, rows) => table(head, rows, io.terminal?.columns),
  };
};
