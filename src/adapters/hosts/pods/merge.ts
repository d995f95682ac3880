import type { LogLine } from '../../../domain/ports/hosts.ts';

/** As they come, until all have ended. Whoever stops reading has to end them all, for one that waits for its next line hears nothing else. */
export async function* merged<A>(streams: readonly AsyncIterable<A>[]): AsyncGenerator<A> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  // Not Promise.race: a stream that is silent for long would collect a reaction for every line of the others.
  const come: { readonly from: AsyncIterator<A>; readonly result: Promise<IteratorResult<A>> }[] = [];
  let wake: () => void = () => {};
  const pull = (from: AsyncIterator<A>): void => {
    const result = from.next();
    const arrived = () => {
      come.push({ from, result });
      wake();
    };
    result.then(arrived, arrived);
  };
  iterators.forEach(pull);
  let open = iterators.length;
  try {
    while (open > 0) {
      const first = come.shift();
      if (first === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const result = await first.result;
      if (result.done === true) open -= 1;
      else {
        yield result.value;
        pull(first.from);
      }
    }
  } finally {
    for (const iterator of iterators) void iterator.return?.()?.catch(() => undefined);
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
