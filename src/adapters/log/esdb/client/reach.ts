import { explain } from './explain.ts';
import { rest } from './rest.ts';
import type { Wire } from './wire.ts';

/** How long a store that does not answer is left alone, ms; twice as long each time. */
export const RETRY_MIN_MS = 100;
export const RETRY_MAX_MS = 5_000;

/**
 * What a store answers; it is asked for as long as that takes, and each time told why it did not.
 * @throws Error in plain words for what asking again will not mend: credentials, a certificate; and where it is given up
 */
export const answered = async <A>(
  ask: () => Promise<A>,
  onTrouble?: (text: string | undefined) => void,
  signal?: AbortSignal,
): Promise<A> => {
  for (let wait = RETRY_MIN_MS; signal?.aborted !== true; wait = Math.min(2 * wait, RETRY_MAX_MS)) {
    try {
      const answer = await ask();
      onTrouble?.(undefined);
      return answer;
    } catch (error) {
      const { isPassing, text } = explain(error);
      if (!isPassing) throw new Error(text);
      onTrouble?.(text);
      await rest(wait, signal);
    }
  }
  throw new Error('the store was waited for no longer');
};

/** Resolves when the store answers at all. @param stream any, there or not. @throws Error as `answered` */
export const reach = async (
  wire: Pick<Wire, 'readStream'>,
  stream: string,
  onTrouble: (text: string | undefined) => void,
  signal?: AbortSignal,
): Promise<void> => void (await answered(() => wire.readStream(stream, 'end', 1), onTrouble, signal));
