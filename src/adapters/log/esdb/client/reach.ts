import { explain } from './explain.ts';
import type { Wire } from './wire.ts';

/** How long a store that does not answer is left alone, ms; twice as long each time. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;

/**
 * Resolves when the store answers at all; it is asked for as long as that takes, and each time told why it did not.
 * @param stream any, there or not
 * @throws Error in plain words for what asking again will not mend: credentials, a certificate; and where it is given up
 */
export const reach = async (
  wire: Pick<Wire, 'readStream'>,
  stream: string,
  onTrouble: (text: string | undefined) => void,
  signal?: AbortSignal,
): Promise<void> => {
  for (let wait = RETRY_MIN_MS; signal?.aborted !== true; wait = Math.min(2 * wait, RETRY_MAX_MS)) {
    try {
      await wire.readStream(stream, 'end', 1);
      onTrouble(undefined);
      return;
    } catch (error) {
      const { isPassing, text } = explain(error);
      if (!isPassing) throw new Error(text);
      onTrouble(text);
      await rest(wait, signal);
    }
  }
  throw new Error('the store was waited for no longer');
};

const rest = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
