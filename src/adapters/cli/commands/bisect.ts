import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';
import { openSession } from '../session.ts';

type Options = { readonly good: string; readonly bad: string; readonly assert: string; readonly first?: boolean };

/** `wharf bisect`: which change made an assertion fail. */
export const addBisectCommand = (program: Command, io: Io): void => {
  program
    .command('bisect')
    .description('The change between two moments at which an assertion about the cluster came to fail.')
    .requiredOption('--good <moment>', 'when it held: an instant, a position such as 1234, or an age such as -15m')
    .requiredOption('--bad <moment>', 'when it fails')
    .requiredOption('--assert <expression>', 'CEL over apps, instances, ended, nodes, deployments, plans, now and position')
    .option('--first', 'look at every change in order for the very first, instead of halving for any')
    .addHelpText(
      'after',
      "\nExamples:\n  $ wharf bisect --good -2h --bad -1m --assert \"apps['/web'].ready >= 3\"\n  $ wharf bisect --good 100 --bad 9000 --assert 'nodes.all(n, n.state == \"ready\")' --first\n  $ wharf bisect --good -1d --bad -1s --assert 'apps.all(a, a.ready == a.instances)'\n\nWithout --first it finds a change from holding to failing; where there are several, it need not be the first.",
    )
    .action(async ({ good, bad, assert, first = false }: Options, command: Command) => {
      const session = await openSession(command, io);
      const query = new URLSearchParams({ good, bad, assert, first: String(first) });
      const found = await session.client.ask('GET', `/v1/history/bisect?${query}`);
      session.answer(found, () => textOf(found));
    });
};

const textOf = ({ lastGood, firstBad, change, request, untold, byTime, evaluations }: Json): string => {
  const lines = [
    `last good  #${lastGood.position}  ${lastGood.at}`,
    `first bad  #${firstBad.position}  ${firstBad.at}`,
    '',
    `${change.sentence}  [${change.by}]`,
    ...(request === undefined
      ? ['It goes back to no request: a host or the clock began it.']
      : request.position === change.position
        ? []
        : [`It goes back to #${request.position}: ${request.sentence}  [${request.by}]`]),
    ...(untold === undefined ? [] : [`There it cannot be told: ${untold}.`]),
    ...(byTime === true ? ['The expression names the time or the position: it may have failed for that, whatever this fact says.'] : []),
    '',
    `Found with ${evaluations} evaluations. More: wharf why '#${firstBad.position}'`,
  ];
  return `${lines.map(printable).join('\n')}\n`;
};
