import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { instanceCalled } from '../names.ts';
import { openSession, type Session } from '../session.ts';
import { timelineText } from './timelineText.ts';

type Options = { readonly from?: string; readonly to?: string; readonly instances: string; readonly deployments: string };

/** `wharf timeline`: how long things stood in which state. */
export const addTimelineCommand = (program: Command, io: Io): void => {
  program
    .command('timeline [thing]')
    .description('How long instances stood in which state, the slowest phase of the last deployments, and steps never taken before.')
    .option('--from <moment>', 'stays that ended from this moment on: an instant, a position of the log or an age such as -15m')
    .option('--to <moment>', 'up to this moment')
    .option('--instances <count>', 'newest instances of an app that are told one by one', '5')
    .option('--deployments <count>', 'newest deployments of an app that are told one by one', '10')
    .addHelpText('after', '\nExamples:\n  $ wharf timeline\n  $ wharf timeline /shop/web --from -1h\n  $ wharf timeline 3f2a91c0')
    .action(async (thing: string | undefined, options: Options, command: Command) => {
      const session = await openSession(command, io);
      const document = await timelineOf(session, thing, options);
      session.answer(document, () => timelineText(document, session));
    });
};

const timelineOf = async ({ client }: Session, thing: string | undefined, options: Options): Promise<Json> => {
  const pathOf = (subject: string | undefined): string => {
    const query = new URLSearchParams(subject === undefined ? {} : { subject });
    for (const [name, value] of Object.entries(options)) query.set(name, value);
    return `/v1/history/timeline?${query}`;
  };
  if (thing === undefined) return client.ask('GET', pathOf(undefined));
  const known = await client.find(pathOf(thing));
  return known ?? client.ask('GET', pathOf(await instanceCalled(client, thing).catch(() => thing)));
};
