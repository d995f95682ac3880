import { phaseOf } from '../instance/instance.states.ts';
import type { Instant } from '../kernel/units.ts';
import type { InstanceRow } from '../ports/views.ts';
import type { Hook } from './policy.facts.ts';

/** What is to be done about a deployment's one-off command now. */
export type HookStep =
  | { readonly do: 'wait'; readonly until?: Instant }
  /** `nth` counts from 0. */
  | { readonly do: 'run'; readonly nth: number; readonly after?: InstanceRow }
  | { readonly do: 'stop'; readonly row: InstanceRow; readonly reason: string }
  | { readonly do: 'report'; readonly row: InstanceRow; readonly failure?: string };

/**
 * It follows from the instances there were alone, so that it may be asked again at any moment and after any crash. Exit 0 is success;
 * whatever else ends an instance is a failed attempt, after which there is another one while some are left. One that takes too long is
 * stopped and not tried again. While the deployment is paused nobody is started or stopped, and nothing is said.
 * @param rows the instances that ran the command for this deployment, each in the slot of its number
 */
export const hookStep = (spec: Hook, rows: readonly InstanceRow[], paused: boolean, now: Instant): HookStep => {
  const last = rows.reduce<InstanceRow | undefined>(
    (latest, row) => (latest === undefined || row.slot > latest.slot ? row : latest),
    undefined,
  );
  if (paused) return { do: 'wait' };
  if (last === undefined) return { do: 'run', nth: 0 };
  const phase = phaseOf(last.state);
  const timedOut = timedOutAfter(spec);
  if (phase === 'ended' || phase === 'forsaken') {
    if (isSuccess(last)) return { do: 'report', row: last };
    const isLast = phase === 'forsaken' || last.stopReason === timedOut || !mayBeTriedAgain(spec, rows, last, now);
    return isLast ? { do: 'report', row: last, failure: failureOf(spec, rows, last) } : { do: 'run', nth: last.slot + 1, after: last };
  }
  const due = last.requestedAt + spec.timeoutSeconds * 1000;
  if (phase === 'leaving') return { do: 'wait' };
  return now >= due ? { do: 'stop', row: last, reason: timedOut } : { do: 'wait', until: due };
};

const isSuccess = ({ state, exit }: InstanceRow): boolean => state === 'exited' && exit?.exitCode === 0 && !exit.oom;

const timedOutAfter = ({ timeoutSeconds }: Hook): string => `it took longer than ${timeoutSeconds} s`;

const failureOf = ({ attempts }: Hook, rows: readonly InstanceRow[], last: InstanceRow): string =>
  `${endOf(last)}${attempts > 1 ? ` (attempt ${Math.max(1, triesOf(rows, last))} of ${attempts})` : ''}`;

/** The command never began where a port that was picked for it was somebody else's: no attempt, so another port is tried for as long as it may take. */
const hadNoPort = ({ failure }: InstanceRow): boolean => failure?.type === 'PortTaken';

const triesOf = (rows: readonly InstanceRow[], last: InstanceRow): number => last.slot + 1 - rows.filter(hadNoPort).length;

const mayBeTriedAgain = ({ attempts, timeoutSeconds }: Hook, rows: readonly InstanceRow[], last: InstanceRow, now: Instant): boolean =>
  hadNoPort(last) ? now < Math.min(...rows.map(({ requestedAt }) => requestedAt)) + timeoutSeconds * 1000 : triesOf(rows, last) < attempts;

const endOf = ({ exit, failure, stopReason, placedAt }: InstanceRow): string => {
  if (stopReason !== undefined) return placedAt === undefined ? `${stopReason}, and no node had a place for it` : stopReason;
  if (exit?.oom === true) return 'it was killed by the kernel: out of memory';
  if (exit?.signal !== undefined) return `it was ended by ${exit.signal}`;
  if (exit !== undefined) return `it exited with code ${exit.exitCode ?? 'unknown'}`;
  return failure === undefined ? 'how it ended is not known' : `${failure.type}: ${failure.message}`;
};
