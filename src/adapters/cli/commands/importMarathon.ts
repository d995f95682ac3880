import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { absolutePathId, isPathId } from '../../../domain/app/definition/pathId.ts';
import type { Json } from '../client.ts';
import { CliFailure, usage } from '../failure.ts';
import { type ImportOptions, isAnyWithin, runImport } from '../import/import.ts';
import { addressOf } from '../import/marathon/login.ts';
import { placed } from '../import/marathon/place.ts';
import { readSource } from '../import/marathon/source.ts';
import { openTarget } from '../import/target.ts';
import type { Io } from '../io.ts';
import { plural } from '../render.ts';
import { openSession } from '../session.ts';
import { importing } from './importOptions.ts';

type MarathonOptions = ImportOptions & {
  readonly token?: string;
  readonly ca?: string;
  readonly only?: string;
  readonly into?: string;
  readonly scaleTo?: string;
  readonly suspended?: boolean;
};

/** `wharf import marathon`. */
export const addImportMarathon = (group: Command, io: Io): void => {
  importing(group.command('marathon <url>').description('Copy groups, apps and pods from a running Marathon or DC/OS, or another engine.'))
    .option('--skip-unsupported', 'leave out what cannot be carried, and go on with the rest', false)
    .option('--token <token>', 'the login, of DC/OS or an engine ($MARATHON_TOKEN); or user:password@ in the address')
    .option('--ca <file>', "the certificate of the source's authority, PEM")
    .option('--only <id>', 'only this group, app or pod, with all below it')
    .option('--into <group>', 'put everything below this group; ids and dependencies follow, nothing else is changed')
    .option('--scale-to <n>', 'begin with so many instances of whatever is not here yet; a label remembers the number there was')
    .option('--suspended', 'the same as --scale-to 0')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf import marathon http://old:8080 --dry-run\n  $ wharf import marathon http://old:8080 --only /shop --suspended --yes\n  $ MARATHON_TOKEN=… wharf import marathon https://dcos/service/marathon --ca dcos-ca.crt\n\nThe source is only read. Nothing here is removed. Run it again to bring over what has changed since.',
    )
    .action(async (url: string, options: MarathonOptions, command: Command) => {
      const address = addressOf(url, options.token ?? io.env.MARATHON_TOKEN);
      const [only, into, scaleTo] = [idOf('--only', options.only), idOf('--into', options.into), scaleOf(options)];
      const session = await openSession(command, io);
      const target = await openTarget(session.client);
      const ca = options.ca === undefined ? undefined : await certificateIn(options.ca);
      const source = await readSource(address, { signal: io.interrupted, ...(ca !== undefined && { ca }) });
      if (only !== undefined && !isAnyWithin(source.wanted, only)) throw new CliFailure(`${source.where} has nothing at ${only}`);
      const there = await target.there();
      const present = new Map<string, Json>([...there.wanted.apps, ...there.wanted.pods].map((each) => [each.id, each]));
      const placing = {
        ...(only !== undefined && { only }),
        ...(into !== undefined && { into }),
        ...(scaleTo !== undefined && { scaleTo }),
      };
      const { wanted, notes } = placed(source.wanted, placing, present);
      const within = absolutePathId(`${into ?? ''}${only ?? '/'}`);
      const version = source.version === undefined ? '' : ` ${source.version}`;
      const from = `Marathon${version} at ${source.where} (${plural(wanted.apps.length, 'app')}, ${plural(wanted.pods.length, 'pod')})`;
      await runImport(session, target, there, { from, wanted, within, notes }, options);
    });
};

const idOf = (option: string, id: string | undefined): string | undefined => {
  if (id === undefined) return undefined;
  if (!isPathId(id)) throw usage(`'${id}' is no id for ${option}; one looks like /shop/web`);
  return absolutePathId(id);
};

const scaleOf = ({ scaleTo, suspended = false }: MarathonOptions): number | undefined => {
  if (scaleTo === undefined) return suspended ? 0 : undefined;
  if (!/^\d+$/.test(scaleTo)) throw usage(`'${scaleTo}' is no number of instances`);
  if (suspended && Number(scaleTo) !== 0) throw usage('--suspended is --scale-to 0; give one of them');
  return Number(scaleTo);
};

const certificateIn = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usage(error.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${error.message}`);
  });
