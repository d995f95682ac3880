import type { Command } from 'commander';
import type { Json } from '../client.ts';
import { follow } from '../facts.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { instanceCalled } from '../names.ts';
import { openSession, type Session } from '../session.ts';
import { CSV_HEAD, csvOf, lineOf, tableRow } from './historyText.ts';

type Options = {
  readonly from?: string;
  readonly to?: string;
  readonly type?: readonly string[];
  readonly noun?: readonly string[];
  readonly by?: string;
  readonly grep?: string;
  readonly limit?: string;
  readonly last?: string;
  readonly follow?: boolean;
  readonly ids?: boolean;
  readonly table?: boolean;
  readonly jsonl?: boolean;
  readonly csv?: boolean;
};

/** Lines that one answer holds; more are asked for as they are written. */
const PAGE = 1_000;
/** The most that can be asked for with --last: they come in one answer. */
const LAST_MAX = 10_000;
const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `wharf history`: one subject's story in sentences, oldest first. */
export const addHistoryCommand = (program: Command, io: Io): void => {
  program
    .command('history <thing>')
    .description('The story of an app, a group, an instance, a node, a deployment, a plan, a request or a strategy in sentences.')
    .option('--from <moment>', 'from this moment on: an instant, a position of the log or an age such as -15m')
    .option('--to <moment>', 'up to this moment')
    .option('--type <name>', 'only facts of this type; may be repeated', many)
    .option('--noun <name>', 'only facts of such streams, as instance or deployment; may be repeated', many)
    .option('--by <principal>', 'only what this principal led to')
    .option('--grep <words>', 'only lines that hold this, in any case of its letters')
    .option('--limit <count>', 'the first ones of them')
    .option('--last <count>', `the last ones of them, ${LAST_MAX} at most`)
    .option('-f, --follow', 'go on with what is recorded from now on')
    .option('--ids', 'with the id of the request that each line follows from, as `wharf undo` takes it')
    .option('--table', 'as a table with positions and types')
    .option('--jsonl', 'as JSON lines, with all that is known of each fact')
    .option('--csv', 'as CSV (RFC 4180); values are exact, so a spreadsheet may take one for a formula')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf history /shop/web\n  $ wharf history /shop --from -2h --to -1h\n  $ wharf history 3f2a91c0 --last 5\n  $ wharf history /shop/web --noun instance --type ContainerExited --csv\n  $ wharf history /shop/web --last 20 --follow',
    )
    .action(async (thing: string, options: Options, command: Command) => {
      const session = await openSession(command, io);
      if ([options.table, options.jsonl, options.csv, session.json].filter(Boolean).length > 1)
        throw usage('say one of --table, --json, --jsonl and --csv');
      if (options.limit !== undefined && options.last !== undefined) throw usage('say one of --limit and --last');
      if (options.follow === true && (options.to !== undefined || options.limit !== undefined || options.table === true))
        throw usage('--follow goes with none of --to, --limit and --table');
      const subject = await subjectCalled(session, thing, options);
      if (options.follow === true) return followed(session, subject, options);
      if (session.json) return collected(session, subject, options);
      const write = writerOf(session, options);
      for await (const page of pagesOf(session, subject, options)) write(page.history);
    });
};

/** An instance may be called by the beginning of its id. */
const subjectCalled = async ({ client }: Session, thing: string, options: Options): Promise<string> => {
  const known = await client.find(pathOf(thing, options, { limit: 0 }));
  return known === undefined ? instanceCalled(client, thing).catch(() => thing) : thing;
};

const pathOf = (subject: string, options: Options, more: Readonly<Record<string, string | number>>, where = '/v1/history'): string => {
  const query = new URLSearchParams({ subject });
  for (const name of ['from', 'to', 'by', 'grep'] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  for (const name of ['type', 'noun'] as const) for (const value of options[name] ?? []) query.append(name, value);
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  return `${where}?${query}`;
};

/** Page after page, so that a story of any length is written as it is read. */
async function* pagesOf({ client }: Session, subject: string, options: Options): AsyncGenerator<Json, void> {
  if (options.last !== undefined) {
    yield await client.ask('GET', pathOf(subject, options, { last: countIn(options.last) }));
    return;
  }
  let left = options.limit === undefined ? Number.POSITIVE_INFINITY : countIn(options.limit);
  for (let after: number | undefined = 0; after !== undefined && left > 0; ) {
    const page: Json = await client.ask('GET', pathOf(subject, options, { after, limit: Math.min(PAGE, left) }));
    yield page;
    left -= page.history.length;
    after = page.next;
  }
}

const collected = async (session: Session, name: string, options: Options): Promise<void> => {
  const history: Json[] = [];
  let subject = name;
  let group: string | undefined;
  for await (const page of pagesOf(session, name, options)) {
    ({ subject, group } = page);
    history.push(...page.history);
  }
  session.answer({ subject, ...(group !== undefined && { group }), history }, () => '');
};

const followed = async (session: Session, subject: string, options: Options): Promise<void> => {
  const { client, io } = session;
  const since = options.last === undefined ? {} : { last: countIn(options.last) };
  const path = (last: number | undefined) => pathOf(subject, options, last === undefined ? since : { after: last }, '/v1/history/follow');
  const write = writerOf(session, session.json ? { ...options, jsonl: true } : options);
  for await (const line of follow(client, path, io.interrupted, io.now)) write([line]);
};

const writerOf = ({ io, table }: Session, { csv, jsonl, table: asTable, ids = false }: Options): ((lines: readonly Json[]) => void) => {
  if (csv === true) {
    io.out(CSV_HEAD);
    return (lines) => io.out(lines.map(csvOf).join(''));
  }
  if (jsonl === true) return (lines) => io.out(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (asTable === true) return (lines) => io.out(table(['POSITION', 'AT', 'TYPE', 'WHAT', 'BY'], lines.map(tableRow)));
  return (lines) => io.out(lines.map((line) => `${ids ? `${line.correlationId}  ` : ''}${lineOf(line)}`).join(''));
};

const countIn = (text: string): number => {
  if (!/^\d+$/.test(text)) throw usage(`'${text}' is no count`);
  return Number(text);
};
