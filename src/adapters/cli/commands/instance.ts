import type { Command } from 'commander';
import type { Client, Json } from '../client.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { appPath, instanceCalled, podPath, uuidIn } from '../names.ts';
import { short } from '../render.ts';
import { openSession, type Session } from '../session.ts';

type LogOptions = { readonly follow?: boolean; readonly tail?: string; readonly since?: string; readonly container?: string };
type ExecOptions = { readonly timeout: string; readonly container?: string };

/** The API's own bound on an exec, ms, and time to carry the answer. */
const EXEC_MAX_MS = 300_000;
const MARGIN_MS = 10_000;
const SPANS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `wharf logs` and `wharf exec`: what only the host of an instance knows. */
export const addInstanceCommands = (program: Command, io: Io): void => {
  program
    .command('logs <instance-or-app>')
    .description(
      'Output of one instance, or of all running ones of an app. A name that begins with / is an app’s; with #before or #after, of its deployment’s command.',
    )
    .option('-f, --follow', 'go on with what it writes')
    .option('--tail <count>', 'only the last lines')
    .option('--since <when>', 'only since a time (ISO 8601) or for a span (30s, 10m, 2h, 1d)')
    .option('--container <name>', 'only this container of a pod')
    .addHelpText(
      'after',
      "\nExamples:\n  $ wharf logs /shop/web --follow\n  $ wharf logs 3f2a91c0 --tail 20\n  $ wharf logs '/shop/web#before'",
    )
    .action(async (name: string, options: LogOptions, command: Command) => {
      const session = await openSession(command, io);
      const query = logQuery(options, io);
      const { ids, isApp } = await instancesOf(session.client, name);
      const show = (id: string) => showLogs(session, id, query, isApp);
      if (options.follow === true) await Promise.all(ids.map(show));
      else for (const id of ids) await show(id);
    });

  program
    .command('exec <instance> [command...]')
    .description('Run a command beside an instance; its exit code is ours. It reads nothing: standard input stays here.')
    .option('--timeout <seconds>', 'end it after this time, at most 300', '60')
    .option('--container <name>', 'beside this container of a pod, not its first')
    .addHelpText('after', '\nExample:\n  $ wharf exec 3f2a91c0 -- ls -l')
    .showHelpAfterError('(-- goes before the command: wharf exec 3f2a91c0 -- ls -l)')
    .action(async (name: string, argv: readonly string[], { timeout, container }: ExecOptions, command: Command) => {
      if (argv.length === 0) throw usage('say what to run, after --');
      const timeoutMs = Number(timeout) * 1000;
      if (!(timeoutMs >= 1 && timeoutMs <= EXEC_MAX_MS)) throw usage(`'${timeout}' is no time of up to ${EXEC_MAX_MS / 1000} seconds`);
      const session = await openSession(command, io);
      const id = await instanceCalled(session.client, name);
      const body = { argv, timeoutMs: Math.round(timeoutMs), ...(container !== undefined && { container }) };
      const call = { body, silenceMs: timeoutMs + MARGIN_MS, signal: io.interrupted };
      const result = await session.client.ask('POST', `/v1/instances/${id}/exec`, call);
      if (session.json) session.answer(result, () => '');
      else {
        io.out(result.stdout);
        io.err(result.stderr);
      }
      if (result.exitCode !== 0) throw new CliFailure(`the command exited with ${result.exitCode}`, { exitCode: result.exitCode });
    });
};

const logQuery = ({ follow = false, tail, since, container }: LogOptions, io: Io): URLSearchParams => {
  if (tail !== undefined && !/^\d+$/.test(tail)) throw usage(`'${tail}' is no number of lines`);
  return new URLSearchParams({
    follow: String(follow),
    ...(tail !== undefined && { tail }),
    ...(since !== undefined && { since: String(instantOf(since, io.now())) }),
    ...(container !== undefined && { container }),
  });
};

const instantOf = (text: string, now: number): number => {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const instant = unit === undefined ? Date.parse(text) : now - Number(count) * SPANS[unit as keyof typeof SPANS];
  if (Number.isNaN(instant)) throw usage(`'${text}' is no time; it looks like 10m or 2031-05-04T10:00:00Z`);
  return instant;
};

const instancesOf = async (client: Client, name: string): Promise<{ readonly ids: readonly string[]; readonly isApp: boolean }> => {
  const [, of, hook] = /^(\/.+)#(before|after)$/.exec(name) ?? [];
  if (of !== undefined && hook !== undefined) return { ids: [await lastOf(client, of, hook)], isApp: false };
  const app = uuidIn(name) === undefined ? await client.find(appPath(name)) : undefined;
  const pod = app === undefined && uuidIn(name) === undefined ? await client.find(`${podPath(name)}::status`) : undefined;
  if (pod !== undefined) return { ids: (pod.instances as readonly Json[]).flatMap(({ id }) => uuidIn(id) ?? []), isApp: true };
  if (app === undefined && name.startsWith('/')) throw new CliFailure(`there is no app or pod '${name}'`);
  if (app === undefined) return { ids: [await instanceCalled(client, name)], isApp: false };
  return { ids: (app.app.tasks as readonly Json[]).flatMap(({ id }) => uuidIn(id) ?? []), isApp: true };
};

/** The newest one that ran the command before or after a deployment of an app. */
const lastOf = async (client: Client, app: string, hook: string): Promise<string> => {
  const { instances } = await client.ask('GET', `/v1/instances?${new URLSearchParams({ app })}`);
  const last = (instances as readonly Json[]).findLast((each) => each.hook === hook);
  if (last === undefined) throw new CliFailure(`no command ran ${hook} a deployment of '${app}' lately`);
  return last.id as string;
};

/** Line by line, so that the lines of several instances stay whole. */
const showLogs = async ({ client, io, json }: Session, id: string, query: URLSearchParams, isOneOfMany: boolean): Promise<void> => {
  const path = `/v1/instances/${id}/logs?${query}${json ? '&timestamps=true' : ''}`;
  const show = (line: string): void => {
    if (json) io.out(`${JSON.stringify(lineJson(id, line))}\n`);
    else io.out(isOneOfMany ? `${short(id)} | ${line}\n` : `${line}\n`);
  };
  let rest = '';
  // An instance that says nothing for long is no engine that is gone.
  for await (const chunk of client.read(path, { signal: io.interrupted, silenceMs: 0 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(show);
  }
  if (rest !== '') show(rest);
};

const lineJson = (instance: string, line: string) => {
  const [, at, text] = /^(\d{4}-\d\d-\d\dT\S+Z) (.*)$/.exec(line) ?? [];
  return at === undefined ? { instance, text: line } : { instance, at, text };
};
