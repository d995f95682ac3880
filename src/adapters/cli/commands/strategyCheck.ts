import type { Command } from 'commander';
import type { AnyStrategy } from '../../../domain/deployment/kit/strategy.ts';
import { builtIn } from '../../../domain/deployment/strategies/index.ts';
import { checkStrategy } from '../../../explorer/check.ts';
import type { Report } from '../../../explorer/explore.ts';
import { EXPLORED_FAULTS, EXPLORED_INSTANCES, EXPLORED_STATES_MAX, FAULTS_MAX, INSTANCES_MAX } from '../../../explorer/options.ts';
import { CliFailure, EXIT, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { strategyIn } from '../strategyFile.ts';

type Options = {
  readonly builtIn?: string;
  readonly instances: string;
  readonly faults: string;
  readonly states: string;
  readonly parameters: string;
};

/** Not every way was walked: no proof, and no counterexample either. */
const NOT_EXHAUSTED = 2;

/** `wharf strategy check`: every way that a strategy can take, before it may take one. */
export const addCheckCommand = (strategy: Command, io: Io): void => {
  strategy
    .command('check [file]')
    .description('Walks every way that a strategy can take, and tells the shortest one on which it breaks a rule.')
    .option('--built-in <name>', `one of ours: ${builtIn.map(nameOf).join(', ')}`)
    .option('--instances <n>', `instances of either version, 1 to ${INSTANCES_MAX}`, String(EXPLORED_INSTANCES))
    .option('--faults <k>', `faults and interventions on one way, 0 to ${FAULTS_MAX}`, String(EXPLORED_FAULTS))
    .option('--states <max>', 'gives up beyond so many states', String(EXPLORED_STATES_MAX))
    .option('--parameters <json>', "the strategy's parameters", '{}')
    .addHelpText(
      'after',
      '\nThe file exports a strategy by default. Exit codes: 0 no rule is broken · 1 one is · 2 not every way was walked.\n\nExamples:\n  $ wharf strategy check --built-in canary\n  $ wharf strategy check ours.ts --instances 4 --faults 2 --parameters \'{"batchSize": 1}\'',
    )
    .action(async (file: string | undefined, options: Options, command: Command) => {
      if ((file === undefined) === (options.builtIn === undefined)) throw usage('name a file, or one of ours with --built-in');
      const spec = file === undefined ? ourOwn(options.builtIn ?? '') : (await strategyIn(file)).spec;
      const report = run(spec, options, io);
      const isJson = command.optsWithGlobals().json === true;
      io.out(isJson ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
      if (report.verdict === 'passes') return;
      throw new CliFailure(report.verdict === 'violated' ? 'the strategy breaks a rule' : 'not every way was walked', {
        exitCode: report.verdict === 'violated' ? EXIT.failed : NOT_EXHAUSTED,
      });
    });
};

const nameOf = ({ id }: AnyStrategy): string => id.slice(0, id.lastIndexOf('.'));

const ourOwn = (name: string): AnyStrategy => {
  const spec = builtIn.find((one) => nameOf(one) === name || one.id === name);
  if (spec === undefined) throw usage(`there is no built-in strategy '${name}'; there are ${builtIn.map(nameOf).join(', ')}`);
  return spec;
};

const run = (spec: AnyStrategy, { instances, faults, states, parameters }: Options, io: Io): Report => {
  const tells = io.terminal !== undefined;
  try {
    return checkStrategy(spec, {
      instances: Number(instances),
      faults: Number(faults),
      statesMax: Number(states),
      parameters: JSON.parse(parameters),
      onProgress: ({ states, waiting, depth }) => {
        if (tells) io.err(`\r${states.toLocaleString('en')} states, ${waiting.toLocaleString('en')} to be walked on from, ${depth} deep `);
      },
    });
  } catch (error) {
    if (error instanceof RangeError) throw usage(error.message);
    if (error instanceof SyntaxError) throw usage(`--parameters is no JSON: ${error.message}`);
    const { name, issues } = error as { name?: string; issues?: readonly { path: readonly PropertyKey[]; message: string }[] };
    if (issues !== undefined) throw usage(`--parameters: ${issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
    throw name === 'Error' ? new CliFailure((error as Error).message) : error;
  } finally {
    if (tells) io.err('\n');
  }
};

const textOf = ({ says, violation }: Report): string =>
  violation === undefined ? `${says}\n` : `${says}\n\n${violation.story.join('\n')}\n\n${violation.diagram}\n`;
