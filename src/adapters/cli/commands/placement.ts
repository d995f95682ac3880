import type { Command } from 'commander';
import type { Surveyed } from '../../../domain/placement/survey.ts';
import type { Decision, WhyNot, WhyWaiting } from '../../../domain/ports/whyNot.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { queryOf } from './why.ts';

type DecisionOptions = { readonly without?: readonly string[]; readonly node?: string; readonly step?: boolean };

/** `wharf why-not`, `why-waiting` and `decision`: what placement says, now or at any moment. */
export const addPlacementCommands = (program: Command, io: Io): void => {
  program
    .command('why-not <app> <words...>')
    .usage('<app> on <node>')
    .description('Why a node would not take one more instance of an app, and the smallest change after which it would.')
    .addHelpText('after', '\nExamples:\n  $ wharf why-not /shop/web on n3\n  $ wharf why-not /shop/web on n3 --at -2h')
    .action(async (app: string, words: readonly string[], _options, command: Command) => {
      const [node, ...more] = words[0] === 'on' && words.length > 1 ? words.slice(1) : words;
      if (node === undefined || more.length > 0) throw usage('say it as: wharf why-not /shop/web on n3');
      const session = await openSession(command, io);
      const answer = (await session.client.ask('GET', `/v1/history/why-not?${queryOf('node', node, io, [['app', app]])}`)) as WhyNot;
      session.answer(answer, () => lines(answer.paragraph));
    });

  program
    .command('why-waiting <app>')
    .description('Why instances of an app wait, what each filter turns away, and the smallest change anywhere that lets one run.')
    .addHelpText('after', '\nExamples:\n  $ wharf why-waiting /shop/web\n  $ wharf why-waiting /shop/web@-15m')
    .action(async (app: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const answer = (await session.client.ask('GET', `/v1/history/why-waiting?${queryOf('app', app, io)}`)) as WhyWaiting;
      session.answer(answer, () => lines(answer.paragraph));
    });

  program
    .command('decision <instance>')
    .description('Open the last placement of an instance again: every node, what turned it away or how it scored, and who came next.')
    .option('--without <what...>', 'leave out constraint:<field>, a filter (cpus, ports …) or the score, and see what would have changed')
    .option('--node <node>', 'this node alone, filter by filter')
    .option('--step', 'every filter of every node, one after the other')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf decision 3f2a91c0\n  $ wharf decision 3f2a91c0 --without constraint:rack\n  $ wharf decision 3f2a91c0 --node n3\n  $ wharf decision 3f2a91c0 --step',
    )
    .action(async (instance: string, { without = [], node, step = false }: DecisionOptions, command: Command) => {
      const session = await openSession(command, io);
      const more = [...without.map((part) => ['without', part] as const), ...(node === undefined ? [] : [['node', node] as const])];
      const answer = (await session.client.ask('GET', `/v1/history/decision?${queryOf('instance', instance, io, more)}`)) as Decision;
      session.answer(answer, () => decisionText(session, answer, step || node !== undefined));
    });
};

const lines = (sentences: readonly string[]): string => sentences.map((each) => `${printable(each)}\n`).join('');

const decisionText = (session: Session, decision: Decision, isWhole: boolean): string => {
  const { paragraph, nodes, more } = decision;
  const shown = isWhole
    ? nodes.map(stepText).join('')
    : session.table(
        ['NODE', 'SCORE', 'VERDICT'],
        nodes.map((each) => rowOf(each, decision)),
      );
  return `${lines(paragraph)}\n${shown}${more > 0 ? `… and ${more} more nodes\n` : ''}`;
};

const rowOf = ({ node, score, failing, verdicts, passedOver }: Surveyed, { recorded, without }: Decision): readonly string[] => {
  const why = verdicts.find(({ filter }) => filter === failing)?.says ?? '';
  const chosen = node === recorded.node ? (without === undefined ? 'chosen' : 'was chosen') : 'would do';
  const verdict = failing === undefined ? chosen : `${failing}: ${why}${passedOver ? ' (full: not looked at)' : ''}`;
  return [node, score === undefined ? '-' : String(Math.round(score * 1000) / 1000), verdict];
};

/** One node through the funnel, in its order. */
const stepText = ({ node, score, verdicts, parts = [] }: Surveyed): string =>
  [
    `${node}${score === undefined ? '' : `  score ${Math.round(score * 1000) / 1000}`}`,
    ...verdicts.map(
      ({ filter, passes, says, leftOut }) =>
        `  ${leftOut === true ? 'left out' : passes ? 'passes  ' : 'FAILS   '}  ${filter.padEnd(13)}  ${says}`,
    ),
    ...parts.map(({ part, weight, unmet, says }) => `  ${String(weight).padStart(3)} × ${unmet}  ${part}  ${says}`),
  ]
    .map((each) => `${printable(each)}\n`)
    .join('');
