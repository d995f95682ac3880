import type { StreamName } from '../../domain/kernel/ids.ts';
import type { WireFact } from '../../domain/kernel/ports.ts';

/** Text of all facts of one append. More is a mistake: large bodies are stored elsewhere, by their hash. */
export const APPEND_CHARS_MAX = 64 * 1024 * 1024;

/** What no log could keep is a defect of the caller, found before it can spoil the commit that it shares. @throws TypeError */
export const requireAppendable = (stream: StreamName, facts: readonly WireFact[]): void => {
  if (stream.indexOf('-') < 1) throw new TypeError(`a stream is named <noun>-<key>, not '${stream}'`);
  if (facts.length === 0) throw new TypeError(`an append to '${stream}' has no facts`);
  let chars = 0;
  for (const { data, meta } of facts) {
    chars += data.length;
    if (!Number.isFinite(meta.at) || !Number.isFinite(meta.term) || (meta.due !== undefined && !Number.isFinite(meta.due)))
      throw new TypeError(`a fact for '${stream}' has a time or term that is no number`);
  }
  if (chars > APPEND_CHARS_MAX) throw new TypeError(`an append to '${stream}' has ${chars} characters, more than ${APPEND_CHARS_MAX}`);
};
