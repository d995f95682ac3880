import type { Command } from 'commander';
import type { Json } from '../client.ts';
import { confirm } from '../confirm.ts';
import { CliFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { planText } from './planText.ts';

/** `wharf undo`: shows what takes a change back, and does it when somebody says so. */
export const addUndoCommand = (program: Command, io: Io): void => {
  program
    .command('undo <request>')
    .description('Take a recorded change back: by the id of its request or deployment, or `last` for your last change of an app.')
    .option('--yes', 'do it without asking')
    .option('--force', 'take over from a deployment that is running')
    .addHelpText('after', '\nExamples:\n  $ wharf undo last\n  $ wharf history /web --ids\n  $ wharf undo 0198c1de-… --yes')
    .action(
      async (name: string, { yes = false, force = false }: { readonly yes?: boolean; readonly force?: boolean }, command: Command) => {
        const session = await openSession(command, io);
        const ask = (undoes: string, apply: boolean, basedOn?: Json): Promise<Json> =>
          session.client.ask('POST', '/v1/undo', { body: { undoes, apply, force, ...(basedOn !== undefined && { basedOn }) } });
        const shown = await ask(name, false);
        const mayAsk = !session.json && io.ask !== undefined;
        if (!yes && !mayAsk) {
          session.answer(shown, () => `${undoText(session, shown)}nothing was changed: --yes does it\n`);
          if (!shown.plan.goes) throw new CliFailure('this would not succeed');
          return;
        }
        if (!session.json) io.out(undoText(session, shown));
        if (!shown.plan.goes) throw new CliFailure('this would not succeed: nothing was changed');
        if (!yes) await confirm(session, 'Do it? [y/N] ');
        const done = await ask(shown.undoes, true, shown.basedOn);
        session.answer(
          done,
          () => `undone${done.applied?.deploymentId === undefined ? '' : `: deployment ${done.applied.deploymentId}`}\n`,
        );
      },
    );
};

const undoText = (session: Session, { undoes, command, subject, by, does, parts, plan }: Json): string =>
  [
    `takes back ${command} of ${subject} by ${by} (request ${undoes})${does === undefined ? '' : `: ${does}`}\n`,
    ...(parts as readonly Json[]).flatMap(({ app, does: deed, because, restored, conflicts }) => [
      `${app}: ${deed}${because === undefined ? '' : `, for ${because}`}${restored.length > 0 ? `; goes back: ${restored.join(', ')}` : ''}\n`,
      ...(conflicts as readonly Json[]).map(({ field }) => `${app}: ${printable(field)} was changed by others since\n`),
    ]),
    planText(session, plan),
  ].join('');
