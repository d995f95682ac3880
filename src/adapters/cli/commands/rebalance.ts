import { type Command, Option } from 'commander';
import { USUAL_MOVES } from '../../../domain/placement/rebalance/ask.ts';
import { GOALS } from '../../../domain/rebalance/rebalance.facts.ts';
import type { Json } from '../client.ts';
import { followFacts } from '../facts.ts';
import { CliFailure, EXIT, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { plural, printable } from '../render.ts';
import { openSession, type Session } from '../session.ts';

type Options = {
  readonly goal: string;
  readonly maxMoves: number;
  readonly seed: number;
  readonly apply?: boolean;
  readonly wait: boolean;
};

const EMPTY = 'empty=';
/** Of a plan that is shown to people; programs get all. */
const SHOWN = 50;

/** `wharf rebalance`: which instances to move so that nodes are even, free or empty; does it with `--apply`. */
export const addRebalanceCommand = (program: Command, io: Io): void => {
  const group = program
    .command('rebalance')
    .description('Plan moves of instances that make the pool better, with what each costs and gains. Nothing is done without --apply.')
    .option('--goal <goal>', `spread: even load and even racks; pack: free whole nodes; ${EMPTY}<node>[,<node>…]: free these`, 'spread')
    .addOption(new Option('--max-moves <number>', 'moves at most').default(USUAL_MOVES).argParser(natural('--max-moves', 1)))
    .addOption(new Option('--seed <number>', 'the same pool and seed give the same plan').default(1).argParser(natural('--seed', 0)))
    .option('--apply', 'do it')
    .option('--no-wait', 'with --apply: do not wait for its end')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf rebalance\n  $ wharf rebalance --goal pack --max-moves 20\n  $ wharf rebalance --goal empty=n7,n8 --apply',
    )
    .action(async ({ goal: asked, maxMoves, seed, apply = false, wait }: Options, command: Command) => {
      const body = { ...goalIn(asked), maxMoves, seed, apply };
      const session = await openSession(command, io);
      const plan = await session.client.ask('POST', '/v1/rebalance', { body });
      if (!apply || plan.id === undefined || !wait)
        return session.answer(plan, () => `${planText(session, plan)}${outlookOf(plan, apply)}`);
      if (!session.json) io.out(planText(session, plan));
      const end = await follow(session, plan.id);
      session.answer(end, () => `${endText(end)}\n`);
      mustBeDone(end);
    });

  group
    .command('show <id>')
    .description('How far a rebalance is, move by move.')
    .action(async (id: string, _options: unknown, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', `/v1/rebalance/${encodeURIComponent(id)}`);
      session.answer(document, () => {
        const rows = (document.moves as readonly Json[]).map((move) => [...moveRow(move).slice(0, 4), move.status, move.because ?? '']);
        return `${session.table(['APP', 'SLOT', 'FROM', 'TO', 'STATUS', 'WHY'], rows)}${endText(document)}\n`;
      });
    });
  group
    .command('abort <id>')
    .description('Begin no more moves; those under way end.')
    .action(async (id: string, _options: unknown, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('DELETE', `/v1/rebalance/${encodeURIComponent(id)}`);
      session.answer(document, () => `${endText(document)}\n`);
    });
};

const natural =
  (name: string, least: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least || text.trim() === '')
      throw usage(`${name} ${text}: a whole number from ${least} on is needed`);
    return number;
  };

const goalIn = (text: string): { readonly goal: string; readonly nodes?: readonly string[] } => {
  if (text.startsWith(EMPTY)) {
    const nodes = text.slice(EMPTY.length).split(',');
    if (nodes.some((node) => node === '')) throw usage(`--goal ${text}: names of nodes are needed, as in ${EMPTY}n7,n8`);
    return { goal: 'empty', nodes };
  }
  if (text === 'empty' || !(GOALS as readonly string[]).includes(text))
    throw usage(`--goal ${text}: there are spread, pack and ${EMPTY}<node>[,<node>…]`);
  return { goal: text };
};

const planText = (session: Session, { moves, stuck, before, after, cost, goal }: Json): string => {
  const shown = (moves as readonly Json[]).slice(0, SHOWN);
  const more = moves.length - shown.length;
  return [
    moves.length === 0 ? 'nothing to move\n' : session.table(['APP', 'SLOT', 'FROM', 'TO', 'WAVE', 'COST', 'GAIN'], shown.map(moveRow)),
    more > 0 ? `… and ${more} more (--json shows all)\n` : '',
    ...(stuck as readonly Json[]).map((each) => `${each.app} stays on ${each.node}: ${printable(each.because)}\n`),
    `${goal}: ${plural(moves.length, 'move')}, cost ${cost}; score ${before.score} → ${after.score}; `,
    `load ${share(before.lowestLoad)}…${share(before.highestLoad)} → ${share(after.lowestLoad)}…${share(after.highestLoad)}; `,
    `largest skew ${before.skew} → ${after.skew}; nodes in use ${before.nodesInUse} → ${after.nodesInUse}\n`,
  ].join('');
};

const share = (load: number): string => `${Math.round(load * 100)} %`;
const moveRow = ({ app, slot, from, to, wave, cost, gain }: Json) => [app, slot, from, to, wave, cost, gain];

const outlookOf = ({ id, moves }: Json, apply: boolean): string => {
  if (id !== undefined) return `rebalance ${id} began\n`;
  return moves.length === 0 || apply ? '' : 'nothing was changed: --apply does it\n';
};

const endText = ({ id, state, done, skipped, moves }: Json): string =>
  `rebalance ${id} ${state === 'moving' ? 'goes on' : `was ${state}`}: ${done} of ${plural(moves.length, 'move')} done, ${skipped} skipped`;

/** Tells each move as it ends. At Ctrl-C the rebalance goes on without us. */
const follow = async ({ client, io, json }: Session, id: string): Promise<Json> => {
  const stream = `rebalance-${id}`;
  let isOver = false;
  for await (const fact of followFacts(client, { stream }, 0, io.interrupted, io.now)) {
    const { move, node, because } = fact.data;
    if (!json && fact.type === 'MoveCompleted') io.out(`move ${move + 1}: done, on ${node}\n`);
    if (!json && fact.type === 'MoveSkipped') io.out(`move ${move + 1}: skipped, ${printable(because)}\n`);
    isOver = fact.state !== 'moving';
    if (isOver) break;
  }
  if (!isOver)
    throw new CliFailure('no longer waiting; the rebalance goes on', {
      exitCode: EXIT.interrupted,
      details: [`wharf rebalance show ${id}`, `wharf rebalance abort ${id}`],
    });
  return client.ask('GET', `/v1/rebalance/${id}`);
};

const mustBeDone = ({ state, skipped }: Json): void => {
  if (state === 'aborted') throw new CliFailure('the rebalance was aborted');
  if (skipped > 0) throw new CliFailure(`${plural(skipped, 'move')} ${skipped === 1 ? 'was' : 'were'} skipped`);
};
