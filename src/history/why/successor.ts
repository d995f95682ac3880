import { v5 as uuid5 } from 'uuid';
import { INSTANCE, type InstanceFact } from '../../domain/instance/instance.facts.ts';
import { INSTANCE_NAMESPACE, instanceName } from '../../domain/instance/instance.states.ts';
import { nounOf, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import { isEnding } from './ending.ts';
import { dataOf } from './steps.ts';

/** The request of the instance that came in place of one that a fact ended; undefined where none did, up to a position. */
export const successorOf = (past: Pick<PastLog, 'stream'>, of: Recorded, upTo: number): Recorded | undefined => {
  if (nounOf(of.stream) !== INSTANCE || !isEnding(of)) return undefined;
  const [requested] = past.stream(of.stream, of.position);
  if (requested?.fact.type !== 'InstanceRequested') return undefined;
  const { app, version, slot, attempt } = dataOf<InstanceFact, 'InstanceRequested'>(requested);
  const [next] = past.stream(streamOf(INSTANCE, uuid5(instanceName(app, version, slot, attempt + 1), INSTANCE_NAMESPACE)), upTo);
  return next;
};
