import type { Chart } from '../../domain/kernel/chart/chart.ts';
import { type ChartState, nextTimer } from '../../domain/kernel/chart/state.ts';
import type { Fact, Recorded } from '../../domain/kernel/recorded.ts';
import { nounOfStream } from '../../domain/nouns.ts';
import type { HistoryFault } from '../../domain/ports/verification.ts';
import type { ChainedFact } from '../../domain/proof/chained.ts';

/** Folds every stream again by the chart that its first fact names, and compares what the facts say of the state with what it is. */
export type Refold = {
  /** @param streamNumber the log's own number of the stream */
  take(streamNumber: number, recorded: Recorded): void;
  /** Nothing is known of a stream behind this fact: it is named once, and the stream is left alone from here on. */
  give(fact: ChainedFact, kind: HistoryFault['kind'], detail: string): void;
  /** Streams that have ended. */
  ended(): number;
};

type Folded = { readonly chart: Chart<unknown, Fact>; readonly state: ChartState<unknown> };

const ENDED = 1;
const GIVEN_UP = 2;

/** States are kept of streams that go on alone; of one that has ended a byte. */
export const refold = (report: (fault: HistoryFault) => void): Refold => {
  const live = new Map<number, Folded>();
  let rest = new Uint8Array(1024);
  let ended = 0;
  const settle = (number: number, as: number): void => {
    if (number >= rest.length) {
      const larger = new Uint8Array(Math.max(number + 1, rest.length * 2));
      larger.set(rest);
      rest = larger;
    }
    rest[number] = as;
    live.delete(number);
  };
  const give = (
    number: number,
    { stream, revision, position }: Omit<HistoryFault, 'kind' | 'detail'>,
    kind: HistoryFault['kind'],
    detail: string,
  ) => {
    if (rest[number] === GIVEN_UP) return;
    settle(number, GIVEN_UP);
    report({ kind, stream, revision, position, detail });
  };
  const begin = (number: number, recorded: Recorded): Folded | undefined => {
    const { stream, meta } = recorded;
    const noun = nounOfStream(stream);
    const chart = noun.charts[meta.chart ?? ''];
    if (chart !== undefined) return { chart, state: chart.initial() };
    const id = meta.chart ?? '';
    give(number, recorded, 'chart', id === '' ? 'its first fact names no chart' : (noun.whyNoChart?.(id) ?? `there is no chart '${id}'`));
    return undefined;
  };

  return {
    ended: () => ended,
    give: ({ streamNumber, stream, revision, position }, kind, detail) => give(streamNumber, { stream, revision, position }, kind, detail),
    take: (number, recorded) => {
      const standing = rest[number];
      if (standing === GIVEN_UP) return;
      const { stream, revision, position, fact, meta } = recorded;
      const place = { stream, revision, position };
      if (standing === ENDED) {
        give(number, place, 'unexplained', `${fact.type} stands behind the end of its stream`);
        return;
      }
      const before = live.get(number) ?? begin(number, recorded);
      if (before === undefined) return;
      const { chart } = before;
      const state = chart.step(before.state, fact, meta.at);
      if (state === undefined) {
        give(number, place, 'unexplained', `${chart.id}: ${fact.type} is not explained in state '${before.state.value}'`);
        return;
      }
      const says = (kind: 'state' | 'owes' | 'due', said: unknown, is: unknown): void => {
        if (said !== is) report({ ...place, kind, detail: `${fact.type} says ${kind} ${shown(said)}, and ${chart.id} says ${shown(is)}` });
      };
      says('state', meta.state, state.value);
      says('owes', meta.owes, chart.owes(state));
      says('due', meta.due, nextTimer(state)?.due);
      if (chart.isFinal(state)) {
        ended++;
        settle(number, ENDED);
      } else live.set(number, { chart, state });
    },
  };
};

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
