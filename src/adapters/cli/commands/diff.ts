import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { absoluteId } from '../names.ts';
import { openSession } from '../session.ts';
import { diffText } from './diffText.ts';

type Options = { readonly app?: string; readonly group?: string; readonly noun?: readonly string[] };
const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `wharf diff`: what changed between two moments, with who. */
export const addDiffCommand = (program: Command, io: Io): void => {
  program
    .command('diff <from> [to]')
    .description('What changed between two moments, by noun, with who; up to now where only one is given.')
    .option('--app <id>', 'only this app')
    .option('--group <id>', 'only this group and what is below it')
    .option('--noun <name>', 'only app, group, node, instance, deployment, plan or strategy; may be repeated', many)
    .addHelpText(
      'after',
      '\nA moment is an instant (2030-01-01T12:00Z), a position of the log or an age (-15m, -2h30m). An age among the arguments comes behind `--`.\n\nExamples:\n  $ wharf diff 2030-01-01T12:00Z\n  $ wharf diff 1200 1300 --app /shop/web\n  $ wharf diff --noun node --noun app -- -2h -1h',
    )
    .action(async (from: string, to: string | undefined, { app, group, noun = [] }: Options, command: Command) => {
      const session = await openSession(command, io);
      const query = new URLSearchParams({ from });
      if (to !== undefined) query.set('to', to);
      if (app !== undefined) query.set('app', absoluteId(app));
      if (group !== undefined) query.set('group', absoluteId(group));
      for (const name of noun) query.append('noun', name);
      const document: Json = await session.client.ask('GET', `/v1/history/diff?${query}`);
      session.answer(document, () => diffText(document));
    });
};
