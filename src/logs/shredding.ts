import type { KeyStore } from '../adapters/keys/sealer.ts';
import { nounOf } from '../domain/kernel/ids.ts';
import type { EventLog } from '../domain/kernel/ports.ts';
import { sealedFields } from '../domain/kernel/sealedFields.ts';
import { nouns } from '../domain/nouns.ts';
import type { Engine } from '../domain/ports/engine.ts';
import type { Shredding } from '../domain/ports/keeping.ts';
import { RETENTION_LOG, type RetentionFact } from '../domain/retention/retention.facts.ts';

const PAGE = 2_000;

/** Destroys keys, and says before what they hide. The log is read page by page, so that an engine goes on meanwhile. */
export const shreddingOf = (keys: KeyStore, log: Pick<EventLog, 'readAll'>): Shredding => ({
  hiddenBy: async (subject) => {
    const key = keys.idOf(subject);
    if (key === undefined) return undefined;
    const hidden: Record<string, number> = {};
    for (let after = 0; ; ) {
      const page = await log.readAll({ after, max: PAGE });
      const last = page.at(-1);
      if (last === undefined) return { subject, key, hidden };
      after = last.position;
      for (const { stream, type, data } of page) {
        if (!data.includes(key)) continue;
        const name = type.replace(/\.v\d+$/, '');
        const form = nouns[nounOf(stream)]?.codec.forms[name];
        for (const [field, count] of sealedFields(form, JSON.parse(data), key))
          hidden[`${name} ${field}`] = (hidden[`${name} ${field}`] ?? 0) + count;
      }
    }
  },
  destroy: keys.destroyKey,
});

/** Where an engine recorded that a key is destroyed and died before it was, that is made good. */
export const finishShredding = async (keys: KeyStore, { log, decode }: Pick<Engine, 'log' | 'decode'>): Promise<void> => {
  for (const stored of await log.readStream(RETENTION_LOG)) {
    const fact = decode(stored).fact as RetentionFact;
    if (fact.type === 'SubjectShredded') keys.destroyKey(fact.key);
  }
};
