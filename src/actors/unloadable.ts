import type { Noun } from '../domain/kernel/decider.ts';
import { nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { StoredFact } from '../domain/kernel/ports.ts';
import type { RosterRow, RosterView } from '../domain/ports/views.ts';

/** A live stream that this version of the engine could not go on with, and why. */
export type Unloadable = Pick<RosterRow, 'stream' | 'chart' | 'state'> & { readonly why: string };

type Nouns = Readonly<Record<string, Noun>>;

/**
 * Live streams that do not map to a state which this version can load: its chart is not there, the chart has no such state, or nobody
 * performs what the state owes. Read off the roster, so that it takes a moment however long the log is. A stream is live unless its
 * chart says that its state is final, and it owes nothing and waits for no time.
 * @param performed the kinds of effect that somebody performs
 */
export const unloadableOf = (rows: Iterable<RosterRow>, nouns: Nouns, performed: ReadonlySet<string>): readonly Unloadable[] => {
  const found: Unloadable[] = [];
  const reasons = new Map<string, string | undefined>();
  for (const { stream, chart, state, owes, due } of rows) {
    // Thousands of streams share a chart and a state; most of the log's streams have ended.
    const key = `${nounOf(stream)} ${chart} ${state} ${owes} ${due === undefined}`;
    if (!reasons.has(key)) reasons.set(key, whyNot({ stream, chart, state, owes, due }, nouns, performed));
    const why = reasons.get(key);
    if (why !== undefined) found.push({ stream, chart, state, why });
  }
  return found;
};

type Row = Pick<RosterRow, 'stream' | 'chart' | 'state' | 'owes'> & { readonly due: number | undefined };

const whyNot = ({ stream, chart, state, owes, due }: Row, nouns: Nouns, performed: ReadonlySet<string>): string | undefined => {
  const noun = nouns[nounOf(stream)];
  if (noun === undefined) return `this version knows no '${nounOf(stream)}'`;
  const known = noun.charts[chart];
  if (known === undefined) return noun.whyNoChart?.(chart) ?? `this version has no chart '${chart}'`;
  const called = known.stateCalled(state);
  if (called === undefined) return `the chart '${chart}' of this version has no state '${state}'`;
  if (called.isFinal && owes === '' && due === undefined) return undefined;
  const unperformed = [...owes.split(','), ...called.owes].find((effect) => effect !== '' && !performed.has(effect));
  return unperformed === undefined ? undefined : `it owes '${unperformed}', which nobody performs in this version`;
};

/**
 * Where streams stand that can't be read or folded, by what was recorded beside their facts: the roster knows them up to there alone. One
 * whose state this version knows is broken by itself and stands still; one whose state or chart it does not know keeps it from starting.
 */
export const standingStreams = (roster: RosterView) => {
  const rows = new Map<StreamName, RosterRow>();
  return {
    take: ({ stream, revision, position, meta }: StoredFact): void => {
      const { chart = (rows.get(stream) ?? roster.get(stream))?.chart ?? '', state, owes, due } = meta;
      rows.set(stream, { stream, chart, state, owes, revision, position, ...(due !== undefined && { due }) });
    },
    rows: (): Iterable<RosterRow> => rows.values(),
  };
};

const NAMED_MAX = 10;

/** The list as a person reads it: the first ten, and how many there are. */
export const unloadableText = (streams: readonly Unloadable[]): string =>
  [
    ...streams.slice(0, NAMED_MAX).map(({ stream, chart, state, why }) => `  ${stream} (${chart || 'no chart'}, in ${state}): ${why}`),
    ...(streams.length > NAMED_MAX ? [`  … and ${streams.length - NAMED_MAX} more`] : []),
  ].join('\n');

/** An engine of this version would leave live streams behind: it does not begin. */
export class UnloadableStreams extends Error {
  override name = 'UnloadableStreams';
  readonly streams: readonly Unloadable[];

  constructor(streams: readonly Unloadable[]) {
    const count = streams.length === 1 ? 'one live stream' : `${streams.length} live streams`;
    super(
      `this version can't go on with ${count}; nothing was changed:\n${unloadableText(streams)}\nStart the version that wrote them and let what runs there end, or start with --quarantine-unloadable: then these stand still, and the rest goes on`,
    );
    this.streams = streams;
  }
}
