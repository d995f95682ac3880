import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { age } from '../render.ts';
import { openSession } from '../session.ts';
import { waitsOf } from '../watch.ts';

/** `wharf queue`: launches that wait, and why. */
export const addQueueCommand = (program: Command, io: Io): void => {
  program
    .command('queue')
    .description('Instances that wait for a place or for their back-off, with the reasons.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', '/v2/queue');
      session.answer(document, () => {
        const rows = (document.queue as readonly Json[]).map((item) => [
          (item.app ?? item.pod).id,
          item.count,
          age(item.since, session.io.now()),
          waitsOf(item) ?? 'about to be placed',
        ]);
        return rows.length === 0 ? 'nothing waits\n' : session.table(['APP', 'COUNT', 'SINCE', 'WHY'], rows);
      });
    });
};
