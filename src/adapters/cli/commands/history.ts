import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { instanceCalled } from '../names.ts';
import { printable } from '../render.ts';
import { openSession, type Session } from '../session.ts';

/** `wharf history`: one subject's story in sentences, oldest first. */
export const addHistoryCommand = (program: Command, io: Io): void => {
  program
    .command('history <thing>')
    .description('The story of an app, a group, an instance, a node or a deployment in sentences.')
    .option('--ids', 'with the id of the request that each line follows from, as `wharf undo` takes it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf history /shop/web\n  $ wharf history /shop\n  $ wharf history 3f2a91c0\n  $ wharf history local --json',
    )
    .action(async (thing: string, { ids = false }: { readonly ids?: boolean }, command: Command) => {
      const session = await openSession(command, io);
      const { subject, history } = await storyOf(session, thing);
      session.answer({ subject, history }, () => history.map((line) => `${ids ? `${line.correlationId}  ` : ''}${lineOf(line)}`).join(''));
    });
};

const storyOf = async ({ client }: Session, thing: string): Promise<{ readonly subject: string; readonly history: readonly Json[] }> => {
  const pathOf = (name: string, after: number) => `/v1/history/${name.split('/').map(encodeURIComponent).join('/')}?after=${after}`;
  const first = await client.find(pathOf(thing, 0));
  const name = first === undefined ? await instanceCalled(client, thing).catch(() => thing) : thing;
  let page = first ?? (await client.ask('GET', pathOf(name, 0)));
  const history: Json[] = [...page.history];
  while (page.next !== undefined) {
    page = await client.ask('GET', pathOf(name, page.next));
    history.push(...page.history);
  }
  return { subject: page.subject, history };
};

const lineOf = ({ at, sentence, by, void: isVoid }: Json): string =>
  printable(`${at}  ${sentence}${isVoid === true ? ' (void: a later leader had taken over)' : ''}  [${by}]`).concat('\n');
