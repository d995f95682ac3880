import type { Clock } from '../../../domain/kernel/ports.ts';
import type { LogLine, LogOptions } from '../../../domain/ports/hosts.ts';
import type { Machine, Resident } from './machine.ts';
import { expanded } from './script.ts';

/** Output is computed from the script and the times of start and end, so that a million silent instances keep none. */
export const linesOf = async function* (
  machine: Machine,
  clock: Clock,
  resident: Resident,
  { follow, since, tail, signal }: LogOptions,
): AsyncIterable<LogLine> {
  let next = 0;
  if (tail !== undefined) next = Math.max(0, printedBy(resident, clock).length - tail);
  for (;;) {
    const printed = printedBy(resident, clock);
    for (; next < printed.length; next++) {
      const line = printed[next] as LogLine & { at: number };
      if (signal?.aborted) return;
      if (since === undefined || line.at >= since) yield line;
    }
    if (!follow || resident.observed.status === 'exited' || signal?.aborted) return;
    await changeOf(machine, clock, resident, next, signal);
  }
};

const printedBy = ({ script, env, observed }: Resident, clock: Clock): readonly (LogLine & { at: number })[] => {
  const { startedAt, exit } = observed;
  if (startedAt === undefined) return [];
  const until = exit?.at ?? clock.now();
  return script.lines
    .map(({ after, stream, text }) => ({ stream, at: startedAt + after, text: expanded(text, env) }))
    .filter(({ at }) => at <= until);
};

/** The next line, the end or the reader's leaving, whichever is first. */
const changeOf = (machine: Machine, clock: Clock, { script, observed }: Resident, next: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const line = script.lines[next];
    const cancelLine =
      line === undefined || observed.startedAt === undefined
        ? undefined
        : clock.schedule(observed.startedAt + line.after - clock.now(), () => changed());
    const cancelEnd = machine.onceEnded(observed.instance, () => changed());
    const changed = (): void => {
      cancelLine?.();
      cancelEnd();
      signal?.removeEventListener('abort', changed);
      resolve();
    };
    signal?.addEventListener('abort', changed);
  });
