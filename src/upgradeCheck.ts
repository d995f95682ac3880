import { performedEffects } from './actors/effects.ts';
import { learnStrategies } from './actors/strategyBook.ts';
import { type Unloadable, unloadableOf, unloadableText } from './actors/unloadable.ts';
import { openFactReader } from './adapters/log/sqlite/factReader.ts';
import type { Sealer } from './domain/kernel/codec.ts';
import { nounOf, type StreamName } from './domain/kernel/ids.ts';
import type { StoredFact } from './domain/kernel/ports.ts';
import type { Recorded } from './domain/kernel/recorded.ts';
import { nouns } from './domain/nouns.ts';
import { recordedOf } from './domain/recordedOf.ts';
import { STRATEGY } from './domain/strategy/strategy.facts.ts';
import { roster, rosterView, sizeOf } from './projections/roster.ts';
import { readStrategy } from './strategyFiles.ts';

const PAGE = 10_000;

export type UpgradeCheck = {
  /** Position of the last fact that was looked at. */
  readonly head: number;
  readonly streams: number;
  /** An engine of this version refuses to start because of these. */
  readonly unloadable: readonly Unloadable[];
  /** Streams with a fact that this version can't read: each would stand still, and the engine start. */
  readonly unreadable: readonly { readonly stream: StreamName; readonly why: string }[];
  readonly text: string;
};

/** Nothing sealed is opened. */
const closed: Sealer = {
  open: () => undefined,
  seal: () => {
    throw new Error('nothing is written');
  },
};

/**
 * Whether an engine of this version could go on with a log, found out beside whoever writes it and without a lease.
 * @throws Error in plain words where the file is no log
 */
export const checkUpgrade = (file: string): UpgradeCheck => {
  const reader = openFactReader(file);
  try {
    const state = roster.initial();
    const unreadable = new Map<StreamName, string>();
    const head = reader.head();
    let highestTerm = 0;
    for (let after = 0; after < head; ) {
      const page = reader.page(after, head, PAGE);
      for (const stored of page) {
        if (stored.meta.term < highestTerm) continue;
        highestTerm = stored.meta.term;
        const problem = unreadable.get(stored.stream) ?? problemOf(stored);
        if (problem !== undefined) unreadable.set(stored.stream, problem);
        roster.evolve(state, named(stored));
      }
      after = page.at(-1)?.position ?? head;
    }
    const unloadable = unloadableOf(rosterView(state).all(), nouns, performedEffects);
    const found = {
      head,
      streams: sizeOf(state),
      unloadable,
      unreadable: [...unreadable]
        .filter(([stream]) => !unloadable.some((each) => each.stream === stream))
        .map(([stream, why]) => ({ stream, why })),
    };
    return { ...found, text: textOf(found) };
  } finally {
    reader.close();
  }
};

/** As far as the roster looks: what a fact is called, also where nobody can read it. */
const named = (stored: StoredFact): Recorded =>
  ({ ...stored, fact: { type: stored.type.slice(0, stored.type.lastIndexOf('.v')) } }) as unknown as Recorded;

/** Why a fact can't be read. What its fields hold is looked at where a chart hangs on it, at a strategy. */
const problemOf = (stored: StoredFact): string | undefined => {
  const noun = nouns[nounOf(stored.stream)];
  // Of a noun that is not known the roster tells more.
  if (noun === undefined) return undefined;
  if (!noun.codec.reads(stored.type)) return `this version does not know ${stored.type}`;
  if (noun.noun !== STRATEGY) return undefined;
  try {
    learnStrategies([recordedOf(stored, closed)], readStrategy);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const textOf = ({ head, streams, unloadable, unreadable }: Omit<UpgradeCheck, 'text'>): string =>
  [
    `${streams} streams up to position ${head}\n`,
    unreadable.length === 0 ? '' : `${unreadable.length} would stand still, and the rest go on:\n`,
    ...unreadable.map(({ stream, why }) => `  ${stream}: ${why}\n`),
    unloadable.length === 0
      ? 'this version can go on with every live stream\n'
      : `this version can't go on with ${unloadable.length}:\n${unloadableText(unloadable)}\n`,
  ].join('');
