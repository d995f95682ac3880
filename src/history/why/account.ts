import type { Recorded } from '../../domain/kernel/recorded.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import type { Chain, Origin } from '../../domain/ports/why.ts';

/** What the state of a thing is told by: the question it raises, the fact that answers, and what belongs to it. */
export type Telling = {
  readonly question: string;
  readonly fact: Recorded;
  /** Plain sentences, before the one that says where it all goes back to. */
  readonly sentences: readonly string[];
  /** Where the walk back begins, when not at the fact itself: who asked for an end, of one that ended as it was asked to. */
  readonly from?: Recorded;
  readonly asides?: readonly { readonly title: string; readonly chain: Chain }[];
};

export const when = (recorded: Recorded): string => isoInstant(recorded.meta.at);

/** Where a chain goes back to, in a sentence. */
export const rootOf = ({ steps, origin }: Chain): string => {
  const at = steps.at(-1)?.at ?? '';
  return `It goes back to ${sourceOf(origin)}${origin.kind === 'too-far' ? '' : `, at ${at}`}.`;
};

const sourceOf = (origin: Origin): string => {
  switch (origin.kind) {
    case 'request':
      return `${origin.by}, who asked for ${origin.command} (request ${origin.id})`;
    case 'too-far':
      return 'more than was read';
    case 'host':
      return `an observation, which nobody asked for: ${origin.says}`;
    default:
      return `nobody's request: ${origin.says}`;
  }
};

/** A sentence without its full stop, to go on from. */
export const clause = (sentence: string): string => sentence.replace(/\.$/, '');

export const some = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
