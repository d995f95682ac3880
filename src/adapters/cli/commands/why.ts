import type { Command } from 'commander';
import { either as E } from 'fp-ts';
import { parseMoment } from '../../../domain/kernel/moment.ts';
import type { Io } from '../io.ts';
import { openSession } from '../session.ts';
import { whyText } from './whyText.ts';

/** `wharf why`: what led to a thing's state, back to whoever asked, and what followed. */
export const addWhyCommand = (program: Command, io: Io): void => {
  program
    .command('why <thing>')
    .description(
      'Why a thing is as it is: an app, an instance, a deployment, a node, a request, or a fact (#4711). With @moment, why it was so then.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf why 3f2a91c0               why it is dead, or here, or waits\n  $ wharf why /shop/web@-15m         who changed it last, as of 15 minutes ago\n  $ wharf why 0198c7d2               why a deployment waits, or went back\n  $ wharf why n3@2031-05-04T10:00Z\n  $ wharf why #4711',
    )
    .action(async (thing: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const answer = await session.client.ask('GET', `/v1/history/why?${queryOf('thing', thing, io)}`);
      session.answer(answer, () => whyText(answer));
    });
};

/** A name, and the moment behind its last `@` where that is one. */
export const queryOf = (
  field: string,
  name: string,
  { now }: Pick<Io, 'now'>,
  more: readonly (readonly [string, string])[] = [],
): URLSearchParams => {
  const place = name.lastIndexOf('@');
  const moment = name.slice(place + 1);
  const isMoment = place > 0 && E.isRight(parseMoment(moment, now()));
  const query = new URLSearchParams({ [field]: isMoment ? name.slice(0, place) : name });
  for (const [key, value] of more) query.append(key, value);
  if (isMoment) query.set('at', moment);
  return query;
};
