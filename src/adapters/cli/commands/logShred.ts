import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { CliFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { counted } from '../logFile.ts';
import { printable } from '../render.ts';
import { openSession } from '../session.ts';

type Hidden = {
  readonly subject: string;
  readonly key: string;
  readonly hidden: Readonly<Record<string, number>>;
  readonly neededBy?: string;
};

/** All facts are looked at. */
const SILENCE_MS = 300_000;

/** `wharf log shred`: destroys the key of a subject. */
export const addShredCommand = (log: Command, io: Io): void => {
  log
    .command('shred <subject>')
    .description('Destroy the key of a sealed subject: its values stay in the log as ciphertext that nobody can read any more.')
    .option('--yes', 'destroy it without asking')
    .option('--dry-run', 'only say what it hides')
    .addHelpText(
      'after',
      '\nChains, proofs and exports stay what they are: they are over the ciphertext. Copies of keys.sqlite in backups hold the key still. What the running engine has read stays in its memory until it starts again.\n\nExamples:\n  $ wharf log shred app:/shop/web --dry-run\n  $ wharf log shred app:/shop/web',
    )
    .action(async (subject: string, { yes, dryRun }: { readonly yes?: boolean; readonly dryRun?: boolean }, command: Command) => {
      const session = await openSession(command, io);
      const { client } = session;
      const found: Hidden = await client.ask('GET', `/v1/sealed?subject=${encodeURIComponent(subject)}`, { silenceMs: SILENCE_MS });
      if (dryRun === true) return session.answer(found, () => hidesText(found));
      if (found.neededBy !== undefined)
        throw new CliFailure(`the key of ${printable(subject)} is still needed: ${printable(found.neededBy)}`);
      if (yes !== true) {
        if (!session.json) io.out(hidesText(found));
        await confirm(session, 'Destroy it? Nobody can take that back. [y/N] ');
      }
      const body = { subject, key: found.key };
      const done: Hidden & { readonly position: number } = await client.ask('POST', '/v1/sealed/shred', { body, silenceMs: SILENCE_MS });
      session.answer(done, () => `destroyed the key of ${printable(subject)}; recorded as #${done.position}\n`);
    });
};

const hidesText = ({ subject, hidden, neededBy }: Hidden): string =>
  [
    `the key of ${printable(subject)} hides\n`,
    ...Object.entries(hidden).map(([field, count]) => `  ${counted(count)} × ${printable(field)}\n`),
    neededBy === undefined ? '' : `it is still needed: ${printable(neededBy)}\n`,
  ].join('');
