import type { TimerElapsed } from '../../domain/kernel/chart/state.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import type { Chain, Origin, Step } from '../../domain/ports/why.ts';
import { REQUEST, type RequestFact } from '../../domain/request/request.ts';
import { dataOf, stepOf } from './steps.ts';

/** Facts that a walk reads at most on its way back. */
export const HOPS_MAX = 200;

type Log = Pick<PastLog, 'withId' | 'stream' | 'isVoid'>;

/** Walks from a fact to the request, or to what nobody asked for, that it goes back to. */
export const chainOf = (past: Log, from: Recorded): Chain => {
  const steps: Step[] = [stepOf(past, from)];
  let [at, skipped] = [from, 0];
  for (let hop = 0; hop < HOPS_MAX; hop++) {
    const request = nounOf(at.stream) === REQUEST ? at : past.stream(streamOf(REQUEST, at.meta.causationId))[0];
    if (request !== undefined) {
      if (request !== at) steps.push(stepOf(past, request));
      return { steps, origin: fromRequest(request) };
    }
    const cause = past.withId(at.meta.causationId) ?? countedFrom(past, at);
    if (cause === undefined || cause.position >= at.position) return { steps, origin: originOf(at) };
    // A deployment that looks again and again says at last what it said at first: who began it.
    const isRepeat = cause.stream === at.stream && cause.fact.type === LOOKED && at.fact.type === LOOKED;
    skipped = isRepeat ? skipped + 1 : skipped;
    if (isRepeat && skipped >= REPEATS_MAX) {
      const [first] = past.stream(cause.stream, at.position);
      if (first === undefined) break;
      skipped = at.revision - first.revision - 1;
      at = first;
    } else at = cause;
    if (isRepeat && at === cause) continue;
    steps.push({ ...stepOf(past, at), ...(skipped > 0 && { skipped }) });
    skipped = 0;
  }
  return { steps, origin: { kind: 'too-far' } };
};

const LOOKED = 'SlotsChanged';
/** From here on the beginning of the stream is read instead of each of them. */
const REPEATS_MAX = 20;

/** Where no cause is recorded of a time that was up: the fact that it was counted from, which is named in it. */
const countedFrom = (past: Log, { stream, fact, position }: Recorded): Recorded | undefined => {
  if (fact.type !== 'TimerElapsed') return undefined;
  const { entryRevision } = fact as TimerElapsed;
  return past.stream(stream, position).find(({ revision }) => revision === entryRevision);
};

const fromRequest = (request: Recorded): Origin => ({
  kind: 'request',
  id: keyOf(request.stream),
  by: request.meta.by,
  command: dataOf<RequestFact, 'RequestReceived'>(request).command,
});

const PROBED: ReadonlySet<string> = new Set(['InstanceBecameReady', 'InstanceBecameUnhealthy', 'InstanceBecameHealthy']);

/** What a fact without a recorded cause was told by. */
const originOf = ({ stream, fact, meta }: Recorded): Origin => {
  if (fact.type === 'TimerElapsed') return { kind: 'clock', says: `the time of ${words(stream)} was up` };
  if (PROBED.has(fact.type)) return { kind: 'probe', says: `the checks of ${words(stream)} found it` };
  if (fact.type.startsWith('Autoscale')) return { kind: 'engine', says: 'a scaling policy asked for it' };
  if (nounOf(stream) === 'instance') return { kind: 'host', says: `the host of ${words(stream)} told it` };
  if (nounOf(stream) === 'node') return { kind: 'host', says: `it was seen of ${words(stream)}` };
  return { kind: 'engine', says: `the engine (${meta.by}) did it of its own accord` };
};

const words = (stream: StreamName): string => `${nounOf(stream)} ${keyOf(stream)}`;
