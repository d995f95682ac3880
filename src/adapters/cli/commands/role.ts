import type { Command } from 'commander';
import type { Json } from '../client.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { openSession } from '../session.ts';
import { amountsIn, amountsText } from './amounts.ts';

type QuotaOptions = { readonly limit?: string; readonly guarantee?: string; readonly force?: boolean; readonly remove?: boolean };

/** `wharf role …`: who shares the pool. */
export const addRoleCommands = (program: Command, io: Io): void => {
  const role = program
    .command('role')
    .description('Who shares the pool: what each role holds of it, how heavy it is, and what it is promised and allowed.')
    .addHelpText(
      'after',
      '\nAmounts are cores, MiB and devices.\n\nExamples:\n  $ wharf role list\n  $ wharf role weight dev 2\n  $ wharf role quota dev --limit cpus=40,mem=131072 --guarantee cpus=10\n  $ wharf role quota dev --remove',
    );

  role
    .command('list')
    .description('All roles, with their share of the pool.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', '/v1/roles');
      session.answer(document, () => {
        const rows = (document.roles as readonly Json[]).map((each) => [
          each.role,
          each.weight,
          `${Math.round(each.share * 1000) / 10} % of ${each.dominant}`,
          amountsText(each.allocated),
          amountsText(each.reserved),
          amountsText(each.quota?.guarantee),
          amountsText(each.quota?.limit),
          each.instances,
        ]);
        return session.table(['ROLE', 'WEIGHT', 'SHARE', 'HOLDS', 'RESERVED', 'GUARANTEE', 'LIMIT', 'INSTANCES'], rows);
      });
    });

  role
    .command('weight <role> <weight>')
    .description('How much of what is short a role gets beside the others; 1 where nothing is said.')
    .action(async (name: string, weight: string, _options, command: Command) => {
      const body = { weight: positiveNumber(weight) };
      const session = await openSession(command, io);
      const document = await session.client.ask('PUT', `/v1/roles/${encodeURIComponent(name)}/weight`, { body });
      session.answer(document, () => `role ${name} has weight ${weight}\n`);
    });

  role
    .command('quota <role>')
    .description('What of the pool is promised to a role, and what it may hold at most; as it is where nothing is said.')
    .option('--limit <amounts>', 'such as cpus=40,mem=131072; what is not named is not limited')
    .option('--guarantee <amounts>', 'what is kept for it; what is not named is not promised')
    .option('--force', 'though the pool is too small for it, or the role has more already')
    .option('--remove', 'promise nothing, limit nothing')
    .action(async (name: string, { limit, guarantee, force = false, remove = false }: QuotaOptions, command: Command) => {
      const url = `/v1/roles/${encodeURIComponent(name)}/quota`;
      const body = {
        ...(limit !== undefined && { limit: amountsIn(limit) }),
        ...(guarantee !== undefined && { guarantee: amountsIn(guarantee) }),
        ...(force && { force }),
      };
      const session = await openSession(command, io);
      if (remove) {
        const document = await session.client.ask('DELETE', url);
        session.answer(document, () => `role ${name} is promised nothing and limited by nothing\n`);
        return;
      }
      const isAsked = limit === undefined && guarantee === undefined;
      const document = isAsked
        ? await session.client.ask('GET', `/v1/roles/${encodeURIComponent(name)}`)
        : await session.client.ask('PUT', url, { body });
      const { quota, allocated } = document.role as Json;
      session.answer(
        document,
        () =>
          `role ${name}: promised ${amountsText(quota?.guarantee)}, at most ${amountsText(quota?.limit)}, holds ${amountsText(allocated)}\n`,
      );
    });
};

const positiveNumber = (text: string): number => {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw usage(`'${text}' is no weight; it is a number above 0`);
  return value;
};
