import type { DatabaseSync } from 'node:sqlite';

/** The dictionary of short repeating texts, both ways. Small: nouns, wire types, states, owes, chart ids, principals. */
export type Words = {
  /** Id of a text; a new one is written in the open transaction. */
  id(text: string): number;
  /** Forgets what was learnt since `keep`, because the transaction was rolled back. */
  forget(): void;
  /** The transaction stands. */
  keep(): void;
};

export const wordsOf = (db: DatabaseSync): Words => {
  const ids = new Map<string, number>();
  const fresh: string[] = [];
  let last = 0;
  for (const row of db.prepare('SELECT id, text FROM word').iterate()) {
    ids.set(String(row.text), Number(row.id));
    last = Math.max(last, Number(row.id));
  }
  const insert = db.prepare('INSERT INTO word (id, text) VALUES (?, ?)');
  return {
    id: (text) => {
      const known = ids.get(text);
      if (known !== undefined) return known;
      const id = last + 1;
      insert.run(id, text);
      last = id;
      ids.set(text, id);
      fresh.push(text);
      return id;
    },
    forget: () => {
      for (const text of fresh) ids.delete(text);
      last -= fresh.length;
      fresh.length = 0;
    },
    keep: () => {
      fresh.length = 0;
    },
  };
};
