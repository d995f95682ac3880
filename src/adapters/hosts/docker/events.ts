import type { HostHint, Observed } from '../../../domain/ports/hosts.ts';
import { within } from './calls.ts';
import { listOwn } from './containers.ts';
import type { Engine } from './engine.ts';
import { faultOf } from './faults.ts';
import { LABEL } from './labels.ts';
import { DEADLINES } from './options.ts';

/** What may change what we say about an instance. `exec_*` would flood the stream. */
const ACTIONS = ['create', 'start', 'restart', 'die', 'oom', 'pause', 'unpause', 'destroy'];

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

type ContainerEvent = {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
};

/** The heartbeat's word about the connection, which knows sooner than a silent stream. */
export type Liveness = { onSilent(callback: () => void): () => void; onAnswer(callback: () => void): () => void };

/**
 * Hints from the engine's event stream. The stream is opened anew whenever it breaks; events of the meantime are lost (the
 * engine's replay is empty after its restart), so the containers are listed and the differences told.
 */
export const observing = (engine: Engine, liveness: Liveness, onHint: (hint: HostHint) => void): { close(): void } => {
  const known = new Map<string, Observed['status']>();
  let closed = false;
  let said: 'nothing' | 'connected' | 'disconnected' = 'nothing';
  let retryMs = RETRY_MIN_MS;
  let cancelRetry: (() => void) | undefined;
  let stream: (NodeJS.ReadableStream & { destroy?: (error?: Error) => void }) | undefined;

  const lost = (error: unknown): void => {
    if (closed) return;
    if (said !== 'disconnected') onHint({ type: 'Disconnected', message: faultOf(error).message });
    said = 'disconnected';
    cancelRetry = engine.clock.schedule(retryMs, reopen);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  };

  const reopen = (): void => {
    cancelRetry?.();
    cancelRetry = undefined;
    open().catch(lost);
  };

  const open = async (): Promise<void> => {
    const opened: NonNullable<typeof stream> = await within(engine.clock, 'open event stream', DEADLINES.ask, (abortSignal) => {
      const filters = { type: ['container'], event: ACTIONS, label: [`${LABEL.cluster}=${engine.cluster}`] };
      const options: { filters: object; abortSignal: AbortSignal } = { filters, abortSignal };
      return engine.connections.streams.getEvents(options as { filters: { event: string[] } });
    });
    if (closed) {
      opened.on('error', () => undefined);
      opened.destroy?.();
      return;
    }
    stream = opened;
    let over = false;
    const end = (error?: Error) => {
      if (over) return;
      over = true;
      stream = undefined;
      opened.destroy?.();
      lost(error ?? new Error('the event stream ended'));
    };
    opened.on('error', end);
    opened.on('end', () => end());
    opened.on('close', () => end());
    let partial = '';
    opened.on('data', (chunk: Buffer) => {
      const lines = (partial + chunk.toString('utf8')).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '' && !closed) tell(JSON.parse(line) as ContainerEvent);
    });
    retryMs = RETRY_MIN_MS;
    said = 'connected';
    onHint({ type: 'Connected' });
    // After the stream, so that nothing falls between them.
    try {
      const listed = await listOwn(engine);
      if (!over) compare(listed);
    } catch (error) {
      end(error instanceof Error ? error : undefined);
    }
  };

  const tell = ({ Action, Actor }: ContainerEvent): void => {
    const instance = Actor?.Attributes?.[LABEL.instance];
    if (instance === undefined) return;
    if (Action === 'oom') {
      if (Actor?.ID !== undefined) engine.oomSeen.add(Actor.ID);
      onHint({ type: 'OutOfMemory', instance });
      return;
    }
    if (Action === 'destroy') {
      known.delete(instance);
      if (Actor?.ID !== undefined) engine.oomSeen.delete(Actor.ID);
    } else known.set(instance, Action === 'create' ? 'created' : Action === 'die' ? 'exited' : 'running');
    // A creation is the first half of a start: whoever asked for it is answered, and nobody else can tell it from nothing.
    if (Action !== 'create') onHint({ type: 'Changed', instance });
  };

  const compare = (listed: readonly Observed[]): void => {
    const now = new Map(listed.map(({ instance, status }) => [instance, status]));
    const changed = [...now].filter(([instance, status]) => known.get(instance) !== status).map(([instance]) => instance);
    const gone = [...known.keys()].filter((instance) => !now.has(instance));
    for (const instance of gone) known.delete(instance);
    for (const [instance, status] of now) known.set(instance, status);
    for (const instance of [...changed, ...gone]) if (!closed) onHint({ type: 'Changed', instance });
  };

  const quiet = [
    liveness.onSilent(() => stream?.destroy?.(new Error('the host leaves heartbeats unanswered'))),
    liveness.onAnswer(() => {
      if (cancelRetry !== undefined) reopen();
    }),
  ];
  reopen();

  return {
    close: () => {
      closed = true;
      for (const forget of quiet) forget();
      cancelRetry?.();
      stream?.destroy?.();
    },
  };
};
