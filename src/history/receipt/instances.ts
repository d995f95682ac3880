import { INSTANCE, type InstanceFactOf } from '../../domain/instance/instance.facts.ts';
import { keyOf, nounOf, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { DeploymentReceipt, ReceiptInstance } from '../../domain/ports/receipt.ts';
import type { Span } from '../../domain/ports/story.ts';
import { voidsOf } from '../voids.ts';

/** Instances that a deployment asked for, and those of its app that were asked to stop while it ran, in the order of their requests. */
export const instancesOf = (
  past: Past,
  app: string,
  deployment: string,
  { after, upTo }: Span,
): Pick<DeploymentReceipt, 'started' | 'stopped'> => {
  const isVoid = voidsOf(past);
  const started: ReceiptInstance[] = [];
  const stopped: DeploymentReceipt['stopped'][number][] = [];
  for (const stream of past.streamsOf(app, upTo)) {
    if (nounOf(stream) !== INSTANCE) continue;
    const facts = past.stream(stream, upTo).filter((recorded) => !isVoid(recorded));
    const [begin] = facts;
    if (begin === undefined) continue;
    const row = rowOf(facts, begin);
    if ((begin.fact as InstanceFactOf<'InstanceRequested'>).owner === streamOf('deployment', deployment)) started.push(row);
    const stop = facts.find(({ fact, position }) => fact.type === 'InstanceStopRequested' && position > after);
    if (stop === undefined) continue;
    const { reason } = stop.fact as InstanceFactOf<'InstanceStopRequested'>;
    stopped.push({ ...row, reason, by: stop.meta.by, at: stop.meta.at });
  }
  return { started, stopped };
};

const rowOf = (facts: readonly Recorded[], { stream, fact }: Recorded): ReceiptInstance => {
  const { version, slot, attempt } = fact as InstanceFactOf<'InstanceRequested'>;
  const placed = facts.findLast((recorded) => recorded.fact.type === 'InstancePlaced')?.fact as
    | InstanceFactOf<'InstancePlaced'>
    | undefined;
  return {
    instance: keyOf(stream),
    version,
    slot,
    attempt,
    ...(placed !== undefined && { node: placed.node }),
    state: facts.at(-1)?.meta.state ?? '',
  };
};
