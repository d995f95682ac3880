/** A claim of the demo that turned out not to be so. */
export class Untrue extends Error {
  override name = 'Untrue';
}

export type Narrator = {
  /** One line with the seconds since the beginning. */
  say(line: string): void;
  /** A line that belongs to the one before. */
  more(line: string): void;
  /** Says it when it is so. @throws Untrue when it is not. */
  claim(isSo: boolean, line: string): void;
  seconds(): number;
};

export const createNarrator = (out: (text: string) => void, now: () => number): Narrator => {
  const began = now();
  const seconds = (): number => (now() - began) / 1000;
  const say = (line: string): void => out(`[${seconds().toFixed(1).padStart(5)} s] ${line}\n`);
  return {
    seconds,
    say,
    more: (line) => out(`          ${line}\n`),
    claim: (isSo, line) => {
      if (!isSo) throw new Untrue(line);
      say(`✓ ${line}`);
    },
  };
};
