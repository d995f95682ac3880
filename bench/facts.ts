import { randomUUID } from 'node:crypto';
import type { WireFact } from '../src/domain/kernel/ports.ts';

/** As many as an instance has, from request to ready; then the writer begins another stream. */
export const APPENDS_PER_STREAM = 5;

const TYPES = ['InstanceRequested', 'InstancePlaced', 'ContainerCreated', 'ContainerStarted', 'InstanceBecameReady'];

/** An id as one piece of text: V8 leaves concatenated ones in pieces until they are first used, which is no cost of a log. */
export const newId = (): string => Buffer.from(randomUUID()).toString('latin1');

/** A fact of an instance, with data and metadata as large as real ones. */
export const makeFact = (revision: number, correlationId: string): WireFact => ({
  id: newId(),
  type: `${TYPES[revision % TYPES.length]}.v1`,
  data: JSON.stringify({
    node: `node-${revision % 1000}`,
    considered: 7,
    excluded: { mem: 4, constraint: 2 },
    score: 0.7512,
    app: '/prod/web/frontend',
    ports: [31_000 + (revision % 1000)],
    ...(revision % APPENDS_PER_STREAM === 0
      ? { version: randomUUID(), deployment: randomUUID(), image: 'registry.example/web:1.27.3' }
      : {}),
  }),
  meta: {
    correlationId,
    causationId: newId(),
    by: 'engine',
    at: 1_893_456_000_000 + revision,
    term: 1,
    state: 'starting',
    owes: 'run',
    ...(revision === 0 ? { chart: 'instance@1' } : { due: 1_893_456_600_000 + revision }),
  },
});

/** A new stream for an instance. */
export const newStream = (): string => Buffer.from(`instance-${randomUUID()}`).toString('latin1');
