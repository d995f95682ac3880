import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { deploymentCalled } from '../names.ts';
import { openSession } from '../session.ts';

/** `wharf deployment receipt`: all that one deployment was, in one document. */
export const addReceiptCommand = (deployment: Command, io: Io): void => {
  deployment
    .command('receipt <id>')
    .description('All that a deployment was: who asked, what changed, its phases, instances, gates, words and outcome, with a SHA-256.')
    .option('--markdown', 'as Markdown, which is what is written without --json')
    .addHelpText(
      'after',
      '\nIt is made of facts up to the end of the deployment, so it is the same whenever it is made.\n\nExamples:\n  $ wharf deployment receipt 8c2b5f0e-… --markdown > receipt.md\n  $ wharf deployment receipt 8c2b5f0e-… --json',
    )
    .action(async (name: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const path = `/v1/history/receipts/${encodeURIComponent(await deploymentCalled(session.client, name))}`;
      if (session.json) return session.answer(await session.client.ask('GET', path), () => '');
      for await (const text of session.client.read(`${path}?format=markdown`)) io.out(text);
    });
};
