import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';
import { openSession } from '../session.ts';

/** `wharf strategy list` and `show`: what an app may name in `deployment.strategy`. */
export const addListCommands = (strategy: Command, io: Io): void => {
  strategy
    .command('list')
    .description('Strategies that an app may name, and the files that were refused.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', '/v1/strategies');
      session.answer(document, () => {
        const rows = document.strategies.map((each: Json) => [each.id, each.file ?? each.from, checkOf(each), each.description]);
        return session.table(['STRATEGY', 'FROM', 'CHECKED', 'WHAT IT DOES'], rows) + document.refused.map(refusedText).join('');
      });
    });

  strategy
    .command('show <name>')
    .description('One strategy: its parameters, its picture as Mermaid text, and how it was registered.')
    .option('--source', 'the text that it runs by')
    .action(async (name: string, { source = false }: { readonly source?: boolean }, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', `/v1/strategies/${encodeURIComponent(name)}`);
      session.answer(document, () => (source ? (document.strategy.source ?? 'built in\n') : strategyText(document.strategy)));
    });
};

const checkOf = ({ from, problem, explored, uncheckedBecause }: Json): string => {
  if (problem !== undefined) return printable(problem);
  if (uncheckedBecause !== undefined) return `no: ${uncheckedBecause}`;
  if (explored === undefined) return from === 'built-in' ? 'built in' : '-';
  return `${explored.instances} instances, ${explored.faults} faults, ${explored.states} states`;
};

const refusedText = ({ file, problems }: Json): string =>
  `\nrefused: ${printable(file)}\n${problems.map(({ where, text }: Json) => `  ${printable(`${where}: ${text}`)}\n`).join('')}`;

const strategyText = (strategy: Json): string => {
  const { id, description, parameters = {}, mermaid = '', file, registeredAt } = strategy;
  const takes = Object.entries<Json>(parameters.properties ?? {}).map(
    ([name, { type, default: usual, description: what }]) =>
      `  ${name}${type === undefined ? '' : `: ${type}`}${usual === undefined ? '' : ` (${JSON.stringify(usual)})`}${what === undefined ? '' : `  ${what}`}\n`,
  );
  return [
    `${id}: ${printable(description)}\n`,
    file === undefined ? '' : `registered from ${printable(file)} at ${registeredAt}; checked: ${checkOf(strategy)}\n`,
    takes.length === 0 ? 'takes no parameters\n' : `parameters:\n${takes.map(printable).join('\n')}\n`,
    `\n${mermaid}`,
  ].join('');
};
