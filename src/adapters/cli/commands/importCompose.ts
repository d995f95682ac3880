import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Json } from '../client.ts';
import { CliFailure, usage } from '../failure.ts';
import { readCompose } from '../import/compose/files.ts';
import { projectOf } from '../import/compose/project.ts';
import type { Remark } from '../import/compose/remarks.ts';
import { type ImportOptions, runImport } from '../import/import.ts';
import { flattened } from '../import/marathon/tree.ts';
import { openTarget } from '../import/target.ts';
import type { Wanted } from '../import/wanted.ts';
import type { Io } from '../io.ts';
import { plural, printable } from '../render.ts';
import { openSession } from '../session.ts';
import { importing } from './importOptions.ts';

type ComposeOptions = Omit<ImportOptions, 'skipUnsupported'> & {
  readonly project?: string;
  readonly profile: readonly string[];
  readonly envFile?: string;
  readonly network?: string;
  readonly strict: boolean;
  readonly out?: string;
};

/** `wharf import compose`. */
export const addImportCompose = (group: Command, io: Io): void => {
  importing(
    group.command('compose <file>').description('Make a group of a compose file: an app for each service. `-` reads standard input.'),
  )
    .option('--project <name>', "the group's name, instead of the file's `name` or its folder's")
    .option('--profile <name>', 'also the services of this profile; `*` for all', (name, all: readonly string[]) => [...all, name], [])
    .option('--env-file <file>', 'variables for the file, instead of the .env beside it')
    .option('--network <name>', 'put the services on this Docker network, where their names resolve on one node; it must be there')
    .option('--strict', 'refuse a file of which any field cannot be carried', false)
    .option('--out <file>', 'write the group as JSON, and ask no engine; `-` for standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf import compose docker-compose.yml --dry-run\n  $ wharf import compose docker-compose.yml --yes\n  $ wharf import compose docker-compose.yml --out group.json\n\nEach field that is not carried is told with its reason. Names of services are not names of hosts here, unless --network is given.',
    )
    .action(async (path: string, options: ComposeOptions, command: Command) => {
      const read = await readCompose(path, options.envFile, io);
      const { group: made, remarks } = projectOf(read.file, {
        ...read,
        home: io.home,
        profiles: options.profile.length > 0 ? options.profile : profilesIn(io.env.COMPOSE_PROFILES),
        ...(options.project !== undefined && { name: options.project }),
        ...(options.network !== undefined && { network: options.network }),
      });
      const said = remarks.map(textOf);
      if (options.out !== undefined) {
        for (const line of said) io.err(`${line}\n`);
        refuse(remarks, options.strict);
        return write(made, options.out, io);
      }
      if (remarks.some(isBad(options.strict))) {
        for (const line of said) io.err(`${line}\n`);
        refuse(remarks, options.strict);
      }
      const session = await openSession(command, io);
      const target = await openTarget(session.client);
      const there = await target.there();
      const wanted = keepingScale(flattened({ id: '/', groups: [made] }), there.wanted);
      const from = `${path === '-' ? 'standard input' : path} (${plural(wanted.apps.length, 'service')})`;
      const outcome = { from, wanted, within: made.id, notes: said };
      await runImport(session, target, there, outcome, { ...options, skipUnsupported: false });
    });
};

const profilesIn = (text: string | undefined): readonly string[] => (text ?? '').split(',').filter((name) => name !== '');

const textOf = ({ kind, path, reason }: Remark): string => printable(`${kind === 'note' ? '' : `${kind}: `}${path}: ${reason}`);

const isBad =
  (strict: boolean) =>
  ({ kind }: Remark): boolean =>
    kind === 'refused' || (strict && kind === 'left out');

/** What is wrong was told with the rest. */
const refuse = (remarks: readonly Remark[], strict: boolean): void => {
  const bad = remarks.filter(isBad(strict));
  if (bad.length > 0) throw new CliFailure(`${plural(bad.length, 'field')} cannot be carried, and nothing was changed`);
};

const write = async (made: Json, file: string, io: Io): Promise<void> => {
  const text = `${JSON.stringify(made, undefined, 2)}\n`;
  if (file === '-') return io.out(text);
  // The environment may hold passwords.
  await writeFile(file, text, { mode: 0o600 }).catch((error: Error) => {
    throw usage(`${file} cannot be written: ${error.message}`);
  });
  io.out(`${plural(made.apps.length, 'app')} of group ${made.id} in ${file}\n`);
};

/** A file that does not say how many leaves as many as there are. */
const keepingScale = (wanted: Wanted, there: Wanted): Wanted => {
  const present = new Map(there.apps.map((app) => [app.id, app.instances]));
  return {
    ...wanted,
    apps: wanted.apps.map((app) => (app.instances === undefined && present.has(app.id) ? { ...app, instances: present.get(app.id) } : app)),
  };
};
