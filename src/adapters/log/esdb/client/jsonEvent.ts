import { randomUUID } from 'node:crypto';
import type { WireEvent } from '../../wireEvent.ts';

/** An event that is no fact, for streams that an engine keeps beside its log. @param id the same for the same event, sent again */
export const jsonEvent = (type: string, data: object, id: string = randomUUID()): WireEvent => ({
  id,
  type,
  contentType: 'application/json',
  data: Buffer.from(JSON.stringify(data)),
  metadata: Buffer.from('{}'),
});

export const jsonIn = <A>({ data }: Pick<WireEvent, 'data'>): A => JSON.parse(Buffer.from(data).toString('utf8')) as A;
