import type { LogLine } from '../../../domain/ports/hosts.ts';

/** As they come, until all have ended. Whoever stops reading has to end them all, for one that waits for its next line hears nothing else. */
export async function* merged<A>(streams: readonly AsyncIterable<A>[]): AsyncGenerator<A> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const next = (at: number) => (iterators[at] as AsyncIterator<A>).next().then((result) => ({ at, result }));
  const waiting = new Map(iterators.map((_, at) => [at, next(at)]));
  try {
    while (waiting.size > 0) {
      const { at, result } = await Promise.race(waiting.values());
      if (result.done === true) waiting.delete(at);
      else {
        yield result.value;
        waiting.set(at, next(at));
      }
    }
  } finally {
    for (const [at, pending] of waiting) {
      pending.catch(() => undefined);
      void iterators[at]?.return?.()?.catch(() => undefined);
    }
  }
}

/** By the time of each line, those of one stream in their own order; only the last `tail` where that is given. */
export async function* inOrder(streams: readonly AsyncIterable<LogLine>[], tail?: number): AsyncGenerator<LogLine> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const kept: LogLine[] = [];
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      const at = heads.reduce((first, head, index) => (head.done === true || !isEarlier(head.value, heads[first]) ? first : index), -1);
      const head = heads[at];
      if (head === undefined || head.done === true) break;
      if (tail === undefined) yield head.value;
      else {
        kept.push(head.value);
        if (kept.length > tail) kept.shift();
      }
      heads[at] = await (iterators[at] as AsyncIterator<LogLine>).next();
    }
    yield* kept;
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

const isEarlier = (line: LogLine, than: IteratorResult<LogLine> | undefined): boolean =>
  than === undefined || than.done === true || (line.at ?? 0) < (than.value.at ?? 0);
