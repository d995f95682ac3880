import type { Command } from 'commander';
import type { Client } from '../client.ts';
import { followFacts, headOf, queryOf, type ToldFact, type Wanted } from '../facts.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';
import { openSession } from '../session.ts';

type Options = {
  readonly follow?: boolean;
  readonly type?: readonly string[];
  readonly stream?: string;
  readonly since?: string;
  readonly limit: string;
};

const PAGE = 1000;
const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `wharf events`: the facts themselves. */
export const addEventsCommand = (program: Command, io: Io): void => {
  program
    .command('events')
    .description('The facts of the log: the last ones, those behind a position, or all that come.')
    .option('-f, --follow', 'go on with what is recorded from now on, or behind --since')
    .option('--type <name>', 'only facts of this type; may be repeated', many)
    .option('--stream <name>', 'only this stream, such as app-/web or node-local')
    .option('--since <position>', 'begin behind this position')
    .option('--limit <count>', 'how many at most, without --follow', '100')
    .addHelpText('after', '\nExamples:\n  $ wharf events --follow --type InstanceBecameReady\n  $ wharf events --stream node-local --json')
    .action(async (options: Options, command: Command) => {
      const session = await openSession(command, io);
      const { follow = false, type, stream } = options;
      const wanted: Wanted = { ...(stream !== undefined && { stream }), ...(type !== undefined && { types: type }) };
      const since = options.since === undefined ? undefined : numberIn(options.since, 'position');
      const limit = numberIn(options.limit, 'count');
      const line = (fact: ToldFact): string => cut(lineOf(fact), io);
      if (follow) {
        const after = since ?? (await headOf(session.client));
        for await (const fact of followFacts(session.client, wanted, after, io.interrupted, io.now))
          io.out(session.json ? `${JSON.stringify(fact)}\n` : line(fact));
        return;
      }
      const facts = await (since === undefined ? lastOf(session.client, wanted, limit) : behind(session.client, wanted, since, limit));
      session.answer({ facts }, () => (facts.length === 0 ? 'no facts\n' : facts.map(line).join('')));
    });
};

const numberIn = (text: string, what: string): number => {
  if (!/^\d+$/.test(text)) throw usage(`'${text}' is no ${what}`);
  return Number(text);
};

const behind = async (client: Client, wanted: Wanted, since: number, limit: number): Promise<readonly ToldFact[]> => {
  const found: ToldFact[] = [];
  for (let after = since; found.length < limit; ) {
    const page = await client.ask('GET', queryOf(wanted, { after, limit: Math.min(PAGE, limit - found.length) }));
    found.push(...page.facts);
    if (page.next >= page.head || page.next <= after) break;
    after = page.next;
  }
  return found;
};

/** Without a filter they stand at the end of the log; else the log is read from its beginning. */
const lastOf = async (client: Client, wanted: Wanted, limit: number): Promise<readonly ToldFact[]> => {
  if (wanted.stream === undefined && wanted.types === undefined)
    return behind(client, wanted, Math.max(0, (await headOf(client)) - limit), limit);
  return (await behind(client, wanted, 0, Number.MAX_SAFE_INTEGER)).slice(-limit);
};

const lineOf = ({ position, at, stream, type, data }: ToldFact): string =>
  printable(`${String(position).padStart(6)}  ${at}  ${type.padEnd(24)} ${stream}  ${JSON.stringify(data)}`);

const cut = (line: string, { terminal }: Io): string =>
  terminal === undefined || line.length <= terminal.columns ? `${line}\n` : `${line.slice(0, terminal.columns - 1)}…\n`;
