import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Instant, Millis } from '../domain/kernel/units.ts';
import { sentenceOf } from '../projections/sentences.ts';

export type Narration = {
  /** Times as fast as it was; Infinity tells all of it at once. */
  readonly speed: number;
  /** Longest that is waited between two lines, ms of real time. */
  readonly longestMs: Millis;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly say: (line: string) => void;
  /** Resolves after so many ms of real time. */
  readonly wait: (ms: Millis) => Promise<void>;
  readonly isOver: () => boolean;
};

/** Tells facts as the story that they are, at the pace at which it happened or faster. Roots of requests are told by what they led to. */
export const narrate = async (
  pages: AsyncIterable<readonly Recorded[]>,
  { speed, longestMs, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, say, wait, isOver }: Narration,
): Promise<number> => {
  let begun: Instant | undefined;
  let last = 0;
  let told = 0;
  for await (const page of pages)
    for (const recorded of page) {
      const { at, by } = recorded.meta;
      if (at < from) continue;
      if (at > to || isOver()) return told;
      begun ??= at;
      const pause = Math.min((at - Math.max(last, begun)) / speed, longestMs);
      if (pause > 0) await wait(pause);
      last = at;
      told += 1;
      say(`${clock(at - begun)}  ${sentenceOf(recorded)}  [${by}]\n`);
    }
  return told;
};

/** `+1:02:03.4` since the first line. */
const clock = (ms: Millis): string => {
  const tenths = Math.floor(ms / 100);
  const [h, m, s, t] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60, tenths % 10];
  return `+${h}:${String(m).padStart(2, '0')}:${String(s).padStart(2, '0')}.${t}`;
};
