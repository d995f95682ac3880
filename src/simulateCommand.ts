import type { Command } from 'commander';
import { usage } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';
import type { HostsOptions } from './simulate/hosts.ts';
import type { SimulateOptions } from './simulate/simulate.ts';

/** Limits of a simulated cluster, as its description has them. */
const HOSTS_MAX = 100_000;
const APPS_MAX = 100_000;
const INSTANCES_MAX = 1_000_000;
const SEED_MAX = 2 ** 32 - 1;
const PATIENCE_MAX_SECONDS = 86_400;
const USUAL_PORT = 8080;

const wholeNumber =
  (what: string, least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d{1,10}$/.test(value) || number < least || number > most)
      throw usage(`'${value}' is no ${what}, a whole number ${least} … ${most}`);
    return number;
  };

type Flags = Omit<SimulateOptions, 'port' | 'json'> & { readonly port?: number };
type Globals = { readonly json?: boolean; readonly dataDir?: string };

/** `wharf simulate`: a real engine over hosts that do not exist. */
export const addSimulateCommand = (program: Command, io: Io): void => {
  const simulate = program
    .command('simulate')
    .description('Start an engine over a simulated cluster, run a workload on it, report, and serve until Ctrl-C.');
  simulate
    .option('--profile <name|file>', 'verizon, c1m, c2m, chaos, buildfarm, or a JSON file of your own', 'verizon')
    .option('--hosts <count>', 'how many hosts (as the profile says)', wholeNumber('number of hosts', 1, HOSTS_MAX))
    .option('--seed <number>', 'the same seed gives the same hosts, latencies and faults', wholeNumber('seed', 0, SEED_MAX), 1)
    .option('--apps <count>', 'apps of the workload (as the profile says)', wholeNumber('number of apps', 1, APPS_MAX))
    .option('--instances <count>', 'instances of each app (as the profile says)', wholeNumber('number of instances', 1, INSTANCES_MAX))
    .option('--no-workload', 'hosts only')
    .option('--once', 'end after the workload: 0 when all of it ran, 1 when not', false)
    .option(
      '--port <port>',
      `where the API listens, on loopback; 0 takes any free one (${USUAL_PORT}; with --once any free one)`,
      wholeNumber('port', 0, 65_535),
    )
    .option('--no-auth', 'ask nobody for the token')
    .option('--data <directory>', 'where the log stays; a temporary folder that is removed where absent')
    .option('--apart', 'the hosts live in a second process', false)
    .option('--hosts-at <address>', 'the hosts live where wharf simulate hosts listens')
    .option(
      '--patience <seconds>',
      'give the workload up when nothing moves for so long',
      wholeNumber('number of seconds', 1, PATIENCE_MAX_SECONDS),
      60,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf simulate --hosts 1000 --profile verizon --instances 1000\n  $ wharf simulate --profile chaos --apart\n  $ wharf simulate --hosts 50 --profile c1m --apps 5 --instances 20 --once --json',
    )
    .action(async ({ port, ...flags }: Flags, command: Command) => {
      const { json = false, dataDir } = command.optsWithGlobals<Globals>();
      if (flags.apart && flags.hostsAt !== undefined)
        throw usage('--apart starts the hosts, --hosts-at names hosts that are there: say one of them');
      const data = flags.data ?? dataDir;
      const { simulate } = await import('./simulate/simulate.ts');
      await simulate({ ...flags, json, port: port ?? (flags.once ? 0 : USUAL_PORT), ...(data !== undefined && { data }) }, io);
    });

  // Its profile, hosts and seed are said as those of `simulate`, which reads them wherever they stand.
  simulate
    .command('hosts')
    .description('The hosts alone, for an engine in another process; what runs on them outlives the engine.')
    .requiredOption('--listen <address>', 'unix:/path or tcp://127.0.0.1:port')
    .option('--while-stdin', 'end when the standard input does')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf simulate hosts --listen unix:/tmp/hosts.sock --hosts 1000 --profile c1m\n  $ wharf simulate --hosts 1000 --profile c1m --hosts-at unix:/tmp/hosts.sock',
    )
    .action(async (_own: object, command: Command) => {
      const { simulateHosts } = await import('./simulate/hosts.ts');
      await simulateHosts(command.optsWithGlobals<HostsOptions>(), io);
    });
};
