import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Rehearsed } from '../../../rehearsal/rehearse.ts';
import { definitionsIn } from '../definitions.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { plural, table } from '../render.ts';
import { strategyIn } from '../strategyFile.ts';

type Options = { readonly app: string; readonly hosts: number; readonly faults?: number; readonly parameters?: string };

const HOSTS_MAX = 1_000;
const whole =
  (what: string, least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw usage(`'${text}' is no ${what}, ${least} to ${most}`);
    return value;
  };

/** `wharf strategy rehearse`: a deployment on a cluster that only exists in memory, with what may go wrong. */
export const addRehearseCommand = (strategy: Command, io: Io): void => {
  strategy
    .command('rehearse <file-or-name>')
    .description('Deploy an app and then a change of it by a strategy, on a simulated cluster: hours in seconds, and no engine.')
    .requiredOption('--app <file>', 'the definition of an app')
    .option('--hosts <count>', 'hosts of the cluster', whole('number of hosts', 1, HOSTS_MAX), 20)
    .option(
      '--faults <seed>',
      'crashes, reboots, hosts out of reach, restarts of the engine; the same for the same seed',
      whole('seed', 0, 2 ** 32 - 1),
    )
    .option('--parameters <json>', "the strategy's parameters, instead of those in the definition")
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf strategy rehearse strategies/web.ts --app web.json\n  $ wharf strategy rehearse canary --app web.json --hosts 50 --faults 7',
    )
    .action(async (named: string, { app, hosts, faults, parameters }: Options, command: Command) => {
      const { definitionsOf } = await import('../../../rehearsal/definitions.ts');
      const { rehearse } = await import('../../../rehearsal/rehearse.ts');
      const loaded = existsSync(named) ? await strategyIn(named) : undefined;
      const [written] = await definitionsIn(app, io);
      const { first, second } = definitionsOf(written, loaded ?? named, parametersIn(parameters));
      const began = performance.now();
      const seen = await rehearse({
        first,
        second,
        hosts,
        ...(loaded !== undefined && { strategy: loaded }),
        ...(faults !== undefined && { faults }),
      });
      const seconds = (performance.now() - began) / 1000;
      const isJson = command.optsWithGlobals<{ json?: boolean }>().json === true;
      io.out(
        isJson ? `${JSON.stringify(seen)}\n` : textOf(seen, { instances: second.instances, hosts, seconds, columns: io.terminal?.columns }),
      );
      if (seen.outcome === 'unfinished') throw new CliFailure('it did not end');
    });
};

const parametersIn = (text: string | undefined): Readonly<Record<string, unknown>> | undefined => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw usage(`--parameters: ${(error as Error).message}`);
  }
};

type About = { readonly instances: number; readonly hosts: number; readonly seconds: number; readonly columns: number | undefined };

const textOf = (seen: Rehearsed, { instances, hosts, seconds, columns }: About): string => {
  const rows = seen.moments.map(({ at, kind, text, now, before, share }) => [
    clock(at),
    kind === 'state' ? text : '',
    `${now.ready}/${now.live}`,
    `${before.ready}/${before.live}`,
    share === undefined ? '' : `${share} %`,
    kind === 'state' ? '' : text,
  ]);
  const facts = seen.moments.filter(({ kind }) => kind === 'fault').length;
  return [
    table(['TIME', 'STATE', 'NEW', 'OLD', 'SHARE', 'WHAT HAPPENED'], rows, columns),
    '\n',
    `It ${seen.outcome === 'unfinished' ? 'did not end' : seen.outcome} after ${clock(seen.tookMs)}${seen.reason === undefined ? '' : `: ${seen.reason}`}.\n`,
    `Of ${instances} wanted never fewer than ${seen.leastReady} were ready, and never more than ${seen.mostLive} there (new and old; ready/live above).\n`,
    `${plural(hosts, 'host')}, ${plural(facts, 'fault')}, ${plural(seen.facts, 'fact')}; rehearsed in ${seconds.toFixed(1)} s.\n`,
  ].join('');
};

/** `1:02:03`, or `2:03` within the first hour. */
const clock = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = String(s).padStart(2, '0');
  return h === 0 ? `${m}:${tail}` : `${h}:${String(m).padStart(2, '0')}:${tail}`;
};
