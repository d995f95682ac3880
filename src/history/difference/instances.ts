import type { InstanceFact } from '../../domain/instance/instance.facts.ts';
import { phaseOf } from '../../domain/instance/instance.states.ts';
import type { StreamName } from '../../domain/kernel/ids.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { InstancesDifference } from '../../domain/ports/difference.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { Views } from '../../domain/ports/views.ts';
import type { Marker } from '../mark.ts';

/** How many instances of each app came and ended, and how they ended. */
export const instanceDifferences = (
  past: Past,
  before: Views,
  after: Views,
  facts: readonly Recorded[],
  isWanted: (app: string) => boolean,
  markOf: Marker,
): readonly InstancesDifference[] => {
  const byStream = Map.groupBy(facts, ({ stream }) => stream);
  const byApp = Map.groupBy(byStream, ([stream, told]) => appOf(past, before, stream, told));
  return [...byApp].flatMap(([app, streams]) => {
    if (!isWanted(app)) return [];
    const all = streams.flatMap(([, told]) => told).sort((a, b) => a.position - b.position);
    const [first, last] = [all.at(0), all.at(-1)];
    const ends = streams.flatMap(([stream, told]) => endOf(past, stream, told) ?? []);
    return [
      {
        app,
        live: { from: before.instances.ofApp(app).length, to: after.instances.ofApp(app).length },
        requested: countOf(all, 'InstanceRequested'),
        started: countOf(all, 'ContainerStarted'),
        ended: ends.length,
        byCause: counted(ends),
        first: markOf(first as Recorded),
        last: markOf(last as Recorded),
      },
    ];
  });
};

const appOf = (past: Past, before: Views, stream: StreamName, told: readonly Recorded[]): string => {
  const begin = told.find(({ fact }) => fact.type === 'InstanceRequested');
  if (begin !== undefined) return (begin.fact as Extract<InstanceFact, { type: 'InstanceRequested' }>).app;
  const row = before.instances.get(keyOf(stream));
  return row?.app ?? (past.stream(stream).at(0)?.fact as { readonly app?: string } | undefined)?.app ?? '';
};

const countOf = (facts: readonly Recorded[], type: InstanceFact['type']): number =>
  facts.reduce((sum, { fact }) => sum + Number(fact.type === type), 0);

const counted = (causes: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(causes, (cause) => cause)].map(([cause, all]) => [cause, all.length]));

/** Why an instance ended in this time, in few words; undefined where it did not. */
const endOf = (past: Past, stream: StreamName, told: readonly Recorded[]): string | undefined => {
  const end = told.find(({ meta }) => phaseOf(meta.state) === 'ended');
  if (end === undefined) return undefined;
  const fact = end.fact as InstanceFact;
  if (end.meta.state === 'killed') return `stopped: ${stopReason(told) ?? stopReason(past.stream(stream, end.position)) ?? 'asked to'}`;
  switch (fact.type) {
    case 'ContainerExited':
      return `${fact.type} (${fact.oom ? 'out of memory' : (fact.signal ?? `code ${fact.exitCode ?? 'unknown'}`)})`;
    case 'InstanceCancelled':
      return `${fact.type}: ${fact.reason}`;
    case 'InstanceLost':
      return `${fact.type}: ${fact.why}`;
    default:
      return fact.type;
  }
};

const stopReason = (facts: readonly Recorded[]): string | undefined => {
  const stop = facts.find(({ fact }) => fact.type === 'InstanceStopRequested');
  return (stop?.fact as Extract<InstanceFact, { type: 'InstanceStopRequested' }> | undefined)?.reason;
};
