import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { Io } from './adapters/cli/io.ts';
import { openSession } from './adapters/cli/session.ts';
import { VERSION } from './version.ts';

type Options = { readonly engine: boolean; readonly prefix: string; readonly mode: 'structured' | 'binary'; readonly yaml?: boolean };

/** `wharf asyncapi`: what goes over Kafka, for people and generators. */
export const addAsyncApiCommand = (program: Command, io: Io): void => {
  program
    .command('asyncapi')
    .description('Print the AsyncAPI 3 document of what the engine tells and takes over Kafka.')
    .option('--yaml', 'as YAML instead of JSON')
    .option('--no-engine', 'ask no engine: everything that this version could tell and take')
    .option('--prefix <prefix>', 'with --no-engine: what topics begin with', 'wharf')
    .addOption(
      new Option('--mode <mode>', "with --no-engine: CloudEvents' content mode").choices(['structured', 'binary']).default('structured'),
    )
    .addHelpText('after', '\nExamples:\n  $ wharf asyncapi > wharf.asyncapi.json\n  $ wharf asyncapi --no-engine --prefix harbour --yaml')
    .action(async ({ engine, prefix, mode, yaml }: Options, command: Command) => {
      const document = engine ? await asked(command, io) : await made(prefix, mode);
      io.out(yaml === true ? stringify(document, { aliasDuplicateObjects: false }) : `${JSON.stringify(document, undefined, 2)}\n`);
    });
};

const asked = async (command: Command, io: Io): Promise<object> => {
  const { client } = await openSession(command, io);
  return client.ask('GET', '/asyncapi.json');
};

const made = async (prefix: string, mode: Options['mode']): Promise<object> => {
  const { asyncApiOf } = await import('./adapters/kafka/asyncapi.ts');
  return asyncApiOf({ prefix, mode, version: VERSION, state: true, commands: true });
};
