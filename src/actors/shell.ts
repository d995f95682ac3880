import { either as E } from 'fp-ts';
import { type ActorLogic, type ActorRefFrom, type ActorSystem, createActor, type EventObject } from 'xstate';
import type { Chart } from '../domain/kernel/chart/chart.ts';
import { type ChartState, CorruptHistory, nextTimer, type Owed } from '../domain/kernel/chart/state.ts';
import { KeysUnavailable, type Sealer } from '../domain/kernel/codec.ts';
import { type Command, decideTimer, evolve, type Noun } from '../domain/kernel/decider.ts';
import {
  type Appended,
  type AppendFault,
  type Clock,
  type EventLog,
  type Ids,
  NO_STREAM,
  type StoredFact,
  type WireFact,
} from '../domain/kernel/ports.ts';
import type { Fact, Recorded } from '../domain/kernel/recorded.ts';
import { type Refusal, refusal } from '../domain/kernel/refusal.ts';
import { nounOfStream } from '../domain/nouns.ts';
import type { Accepted } from '../domain/ports/engine.ts';
import type { Trace } from '../domain/ports/trace.ts';
import { wireOf } from './encode.ts';
import type { Cause, Envelope } from './envelope.ts';
import { type Folded, foldStream } from './folded.ts';
import { onceSealed, recordRequest, withoutKeys } from './requestRoot.ts';

export type ShellPorts = {
  readonly log: Pick<EventLog, 'append' | 'readStream' | 'head'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sealer: Sealer;
  readonly trace?: Trace;
  term(): number;
  /** Whether a fact was written by a leader that had been succeeded. */
  isVoid(stored: StoredFact): boolean;
  /** Whether nothing was ever said of a stream: then there is nothing to read. Where that is wrong the log answers Conflict, and it is read. */
  isUnheardOf?(stream: string): boolean;
  /** Whether this engine's lease still holds: what was decided is answered and performed only then. */
  leads(): boolean;
  /** The state that the log now holds; owed effects start from here and from nowhere else. */
  onCommitted(stream: string, folded: Folded, owed: readonly Owed[]): void;
  onQuarantined(stream: string, why: string): void;
  /** Whether the log took what it was given, or why not. */
  onLogAnswer(fault: AppendFault | undefined): void;
  /** A successor leads: this engine must stop. */
  onFenced(term: number): void;
  /** Mailbox empty, nothing in flight. */
  onIdle(stream: string, folded: Folded | undefined): void;
};

/** How long a report from inside waits before it is appended again when the log cannot be written, ms. */
export const APPEND_RETRY_MS = 500;

type ShellEvent = { readonly type: 'deliver'; readonly envelope: Envelope } | { readonly type: 'step' };
export type ShellSnapshot = {
  readonly status: 'active';
  readonly output: undefined;
  readonly error: undefined;
  readonly phase: 'recovering' | 'ready' | 'deciding' | 'quarantined';
};
export type ShellInput = { readonly stream: string; readonly ports: ShellPorts; readonly rested?: Folded };
type Logic = ActorLogic<ShellSnapshot, ShellEvent & EventObject, ShellInput, ActorSystem<never>>;
export type ShellRef = ActorRefFrom<Logic>;

const snapshots: Readonly<Record<ShellSnapshot['phase'], ShellSnapshot>> = Object.fromEntries(
  (['recovering', 'ready', 'deciding', 'quarantined'] as const).map((phase) => [
    phase,
    { status: 'active', output: undefined, error: undefined, phase },
  ]),
) as never;

const cores = new WeakMap<object, Core>();

/** The one actor logic for every noun. XState carries its mailbox and its system; the chart's tables do the folding. */
const logic: Logic = {
  getInitialSnapshot: ({ self }, { stream, ports, rested }) => {
    const core = new Core(stream, ports, () => self.send({ type: 'step' }), rested);
    cores.set(self, core);
    return snapshots[core.phase];
  },
  transition: (_, event, { self }) => {
    const core = cores.get(self) as Core;
    if (event.type === 'deliver') core.deliver(event.envelope);
    else core.step();
    return snapshots[core.phase];
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** Starts and stops the actors of one engine. They stand beside each other and share one actor system, whose root does nothing itself. */
export type Shells = {
  start(input: ShellInput): ShellRef;
  /** Puts an actor to rest. */
  stop(actor: ShellRef): void;
  /** Stops the actor; what still waits in its mailbox is refused, for nobody would ever answer it. */
  end(actor: ShellRef): void;
};

export const createShells = (): Shells => {
  let scope: RootScope | undefined;
  const rootLogic: RootLogic = {
    getInitialSnapshot: (own) => {
      scope = own;
      return snapshots.ready;
    },
    // An actor whose logic throws is a defect, told as one of an actor without a parent is: to the whole process.
    transition: (snapshot, event) => {
      if ('error' in event)
        queueMicrotask(() => {
          throw event.error;
        });
      return snapshot;
    },
    getPersistedSnapshot: (snapshot) => snapshot,
  };
  // A system of its own costs an actor twice what the actor itself does, and an engine has thousands in motion.
  const parent = createActor(rootLogic, { input: undefined });
  parent.start();
  const stop = (actor: ShellRef): void => scope?.stopChild(actor);
  return {
    start: (input) => {
      const options: object = { input, id: input.stream, parent };
      const actor = createActor(logic, options as { input: ShellInput });
      actor.start();
      (cores.get(actor) as Core).begin();
      return actor;
    },
    stop,
    end: (actor) => {
      stop(actor);
      cores.get(actor)?.end();
    },
  };
};

type RootLogic = ActorLogic<ShellSnapshot, EventObject & { readonly error?: unknown }, undefined, ActorSystem<never>>;
type RootScope = Parameters<RootLogic['getInitialSnapshot']>[0];

/** What was appended while the lease ran out may count or not; who leads next knows. */
const NO_LEADER: AppendFault = { _tag: 'Unavailable', reason: 'the lease of this engine is over' };

const NO_ROOTS: readonly E.Either<AppendFault, Appended>[] = [];

/** What those are told who ask something of a stream that is quarantined. */
export const standsStill = (stream: string, why = ''): Refusal => refusal('quarantined', `${stream} is quarantined: ${why}`);

type Decided = { readonly settled: readonly Settled[]; readonly wires: readonly WireFact[]; readonly folded: Folded | undefined };
type Settled = { readonly envelope: Envelope; readonly result: E.Either<Refusal, readonly WireFact[]> };

/** Read, decide, append, and only then tell. The only caller of `append`. */
class Core {
  phase: ShellSnapshot['phase'];
  readonly #stream: string;
  readonly #noun: Noun;
  readonly #ports: ShellPorts;
  readonly #wake: () => void;
  #folded: Folded | undefined;
  /** Revision of the last fact there is, void ones included, where nothing is folded. */
  #last = NO_STREAM;
  #mailbox: Envelope[] = [];
  #scheduled = false;
  #isEnded = false;
  #why = '';
  /** Requests whose root is recorded already: a retry after a conflict does not record them again. */
  #rooted: WeakSet<Envelope> | undefined;

  constructor(stream: string, ports: ShellPorts, wake: () => void, rested: Folded | undefined) {
    this.#stream = stream;
    this.#noun = nounOfStream(stream);
    this.#ports = ports;
    this.#wake = wake;
    this.#folded = rested;
    this.phase = rested === undefined && ports.isUnheardOf?.(stream) !== true ? 'recovering' : 'ready';
  }

  begin(): void {
    if (this.phase === 'recovering') void this.#recover();
  }

  deliver(envelope: Envelope): void {
    if (this.phase === 'quarantined') {
      envelope.settle?.(E.left(standsStill(this.#stream, this.#why)));
      return;
    }
    this.#mailbox.push(envelope);
    if (this.phase === 'ready') this.#schedule();
  }

  /** What is being appended is answered when it is; what has not been looked at is not looked at any more. */
  end(): void {
    this.#isEnded = true;
    const waiting = this.#mailbox;
    this.#mailbox = [];
    for (const { settle } of waiting) settle?.(E.left(refusal('unavailable', 'The engine stops.')));
  }

  /** Whatever arrives in one turn of the event loop is decided together and shares one append. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#wake);
  }

  step(): void {
    this.#scheduled = false;
    if (this.phase !== 'ready' || this.#mailbox.length === 0) return;
    const batch = this.#mailbox;
    this.#mailbox = [];
    this.phase = 'deciding';
    this.#commit(batch);
  }

  async #recover(): Promise<void> {
    try {
      const history = await this.#ports.log.readStream(this.#stream);
      this.#folded = foldStream(this.#noun, history, this.#ports.sealer, this.#ports.isVoid);
      this.#last = history.at(-1)?.revision ?? NO_STREAM;
    } catch (error) {
      if (error instanceof CorruptHistory) return this.#quarantine(error.message);
      // A failure to read is not an empty stream: stay in recovery and ask again.
      this.#mailbox = this.#refuseRequests(`The log cannot be read: ${messageOf(error)}`, this.#mailbox);
      this.#ports.clock.schedule(APPEND_RETRY_MS, () => void this.#recover());
      return;
    }
    this.phase = 'ready';
    if (this.#folded !== undefined) this.#tell(this.#folded);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isEnded) this.end();
    if (this.#isEnded || this.phase !== 'ready') return;
    if (this.#mailbox.length > 0) this.#schedule();
    else this.#ports.onIdle(this.#stream, this.#folded);
  }

  #commit(batch: readonly Envelope[]): void {
    let decided: Decided;
    let durable: Promise<void> | undefined;
    try {
      const { together } = this.#ports.sealer;
      if (together === undefined || !this.#noun.codec.seals) decided = this.#decide(batch);
      else ({ made: decided, durable } = together(() => this.#decide(batch)));
    } catch (error) {
      // Sensitive fields are sealed as facts are made; that there is no key now says nothing about the history.
      if (error instanceof KeysUnavailable) this.#failed(withoutKeys(error), batch);
      else this.#undecidable(error, batch);
      return;
    }
    const { wires } = decided;
    try {
      const sealing: Promise<void>[] = durable === undefined ? [] : [durable];
      const roots = this.#roots(decided.settled, (keys) => sealing.push(keys));
      // The root goes first: what follows from a request waits for the keys of its body, and is not there without it.
      const append =
        wires.length === 0 ? undefined : onceSealed(allOf(sealing), () => this.#append(this.#folded?.state.revision ?? this.#last, wires));
      const refused = (error: unknown): void => this.#undecidable(error, batch);
      if (roots === undefined && append === undefined) this.#committed(batch, decided, undefined, NO_ROOTS);
      else if (roots === undefined) void append?.then((appended) => this.#committed(batch, decided, appended, NO_ROOTS), refused);
      else void Promise.all([append, ...roots]).then(([appended, ...rooted]) => this.#committed(batch, decided, appended, rooted), refused);
    } catch (error) {
      this.#undecidable(error, batch);
    }
  }

  /** No fault of the log, which would be an answer: what was decided here is nothing that any log could keep. */
  #undecidable(error: unknown, batch: readonly Envelope[]): void {
    this.#mailbox = [...batch, ...this.#mailbox];
    this.#quarantine(messageOf(error));
  }

  #committed(
    batch: readonly Envelope[],
    { settled, wires, folded }: Decided,
    appended: E.Either<AppendFault, Appended> | undefined,
    rooted: readonly (E.Either<AppendFault, Appended> | undefined)[],
  ): void {
    let fault = appended !== undefined && E.isLeft(appended) ? appended.left : undefined;
    for (const root of rooted) if (root !== undefined && E.isLeft(root)) fault = root.left;
    if (appended !== undefined || fault !== undefined) this.#ports.onLogAnswer(fault);
    if (fault !== undefined || !this.#ports.leads()) {
      this.#failed(fault ?? NO_LEADER, batch);
      return;
    }
    this.phase = 'ready';
    if (wires.length > 0 && folded !== undefined) {
      this.#folded = folded;
      this.#tell(folded);
    }
    this.#settle(settled, appended !== undefined && E.isRight(appended) ? appended.right : undefined);
    this.#goOn();
  }

  /** One append may serve several traces; each of them shows that it waited for it. */
  #append(before: number, wires: readonly WireFact[]): Promise<E.Either<AppendFault, Appended>> {
    const { log, trace } = this.#ports;
    if (trace === undefined) return log.append(this.#stream, before, wires);
    const append = () => log.append(this.#stream, before, wires);
    const attributes = { 'wharfinger.stream': this.#stream, 'wharfinger.facts': wires.length };
    const waiting = new Set(wires.flatMap(({ meta }) => meta.traceparent ?? []));
    return [...waiting].reduce((work, traceparent) => () => trace('log.append', traceparent, attributes, work), append)();
  }

  #decide(batch: readonly Envelope[]): Decided {
    const { clock, ids, sealer } = this.#ports;
    const { codec } = this.#noun;
    const now = clock.now();
    const term = this.#ports.term();
    const settled: Settled[] = [];
    const wires: WireFact[] = [];
    let folded = this.#folded;
    for (const envelope of batch) {
      const { command } = envelope;
      const cause = command.type === 'LookAtTimers' ? waited(envelope.cause, folded) : envelope.cause;
      const chart = folded?.chart ?? chartOf(this.#noun, command as Command);
      let state = folded?.state ?? initialAt(chart, this.#last);
      const at = Math.max(now, state.at);
      // What was tried while deciding is nearly always what is decided: the same step is not taken twice.
      let tried: Fact | undefined;
      let then: ChartState<unknown> | undefined;
      const accepts = (fact: Fact): boolean => {
        tried = fact;
        then = chart.step(state, fact, at);
        return then !== undefined;
      };
      const result =
        command.type === 'LookAtTimers' ? E.right(dueTimer(chart, state, at)) : this.#noun.decide(command as Command, state, at, accepts);
      if (E.isLeft(result)) {
        settled.push({ envelope, result });
        continue;
      }
      const first = wires.length;
      for (const fact of result.right) {
        // The fold that reads it back is run before it is written: nothing is stored that could not be explained.
        state = fact === tried && then !== undefined ? then : evolve(chart, state, fact, at);
        tried = undefined;
        const wire = wireOf(ids.next(), fact, codec, sealer, chart, state, cause, term, folded === undefined);
        wires.push(wire);
        folded = { chart, state, cause: causedBy(wire.id, cause) };
      }
      settled.push({ envelope, result: E.right(batch.length === 1 ? wires : wires.slice(first)) });
    }
    return { settled, wires, folded };
  }

  /** The roots of outside commands, recorded with what became of them, in the same turn as their facts; undefined where there are none. */
  #roots(settled: readonly Settled[], onSealing: (durable: Promise<void>) => void): Promise<E.Either<AppendFault, Appended>>[] | undefined {
    let roots: Promise<E.Either<AppendFault, Appended>>[] | undefined;
    for (const { envelope, result } of settled) {
      const { request, command, cause } = envelope;
      if (request === undefined || this.#rooted?.has(envelope) === true) continue;
      this.#rooted ??= new WeakSet();
      this.#rooted.add(envelope);
      const outcome = E.isRight(result)
        ? ({ kind: 'accepted' } as const)
        : ({ kind: 'refused', code: result.left.code, message: result.left.message } as const);
      roots ??= [];
      roots.push(
        recordRequest(
          this.#ports,
          request.id,
          { command: command.type, subject: this.#stream, body: request.body, outcome },
          cause,
          onSealing,
        ),
      );
    }
    return roots;
  }

  #failed(fault: AppendFault, batch: readonly Envelope[]): void {
    if (this.#isEnded) {
      this.#mailbox = [...batch, ...this.#mailbox];
      this.end();
      return;
    }
    if (fault._tag === 'Fenced') this.#ports.onFenced(fault.by);
    if (fault._tag === 'Conflict') {
      // Someone else wrote: what was decided is rolled back and decided again on what is there now.
      this.#mailbox = [...batch, ...this.#mailbox];
      this.phase = 'recovering';
      void this.#recover();
      return;
    }
    const reason = fault._tag === 'Unavailable' ? fault.reason : 'another engine leads now';
    this.#mailbox = [...this.#refuseRequests(`The log cannot be written: ${reason}`, batch), ...this.#mailbox];
    // The facts may stand in the log all the same, where only the acknowledgement was lost: what is there is read again.
    this.#ports.clock.schedule(APPEND_RETRY_MS, () => {
      this.phase = 'recovering';
      void this.#recover();
    });
  }

  #settle(settled: readonly Settled[], appended: Appended | undefined): void {
    const head = this.#ports.log.head();
    for (const { envelope, result } of settled) {
      if (envelope.settle === undefined) continue;
      if (E.isLeft(result)) envelope.settle(result);
      else envelope.settle(E.right(acceptedOf(result.right, appended?.position ?? head)));
    }
  }

  /** What cannot even be begun is a defect: it must not end the engine, which would only meet it again. */
  #tell(folded: Folded): void {
    try {
      this.#ports.onCommitted(this.#stream, folded, folded.chart.owed(folded.state));
    } catch (error) {
      this.#quarantine(messageOf(error));
    }
  }

  /** Whoever asks from outside does not wait for the log; what was told from inside does. */
  #refuseRequests(why: string, from: readonly Envelope[]): Envelope[] {
    const refused = refusal('unavailable', why);
    const isFromOutside = ({ request, isAwaited = false }: Envelope): boolean => request !== undefined || isAwaited;
    for (const envelope of from) if (isFromOutside(envelope)) envelope.settle?.(E.left(refused));
    return from.filter((envelope) => !isFromOutside(envelope));
  }

  #quarantine(why: string): void {
    this.phase = 'quarantined';
    this.#why = why;
    const waiting = this.#mailbox;
    this.#mailbox = [];
    this.#ports.onQuarantined(this.#stream, why);
    for (const { settle } of waiting) settle?.(E.left(standsStill(this.#stream, why)));
  }
}

/** What nothing is folded into yet, counted on behind void facts where there are any. */
const initialAt = (chart: Chart<unknown, Fact>, revision: number): ChartState<unknown> => {
  const initial = chart.initial();
  return initial.revision === revision ? initial : { ...initial, revision };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const acceptedOf = (wires: readonly WireFact[], position: number): Accepted => ({
  facts: wires as unknown as readonly Recorded[],
  position,
});

/** Whoever gets it waits for it: a promise that nobody waits for must not be made, since it may be rejected. */
const allOf = (sealing: readonly Promise<void>[]): Promise<void> | undefined =>
  sealing.length === 0 ? undefined : Promise.all(sealing).then(() => undefined);

/** What follows from a fact, with what led to the fact itself. */
const causedBy = (id: string, { correlationId, by, traceparent }: Cause): Cause =>
  traceparent === undefined ? { correlationId, causationId: id, by } : { correlationId, causationId: id, by, traceparent };

/** That a time was up follows from the fact that it was counted from; what led to asking is the clock alone. */
const waited = (cause: Cause, folded: Folded | undefined): Cause =>
  folded === undefined ? cause : { ...cause, causationId: folded.cause.causationId };

const chartOf = (noun: Noun, command: Command): Chart<unknown, Fact> => {
  const chart = noun.charts[noun.chartFor(command)];
  if (chart === undefined) throw new CorruptHistory(`no chart '${noun.chartFor(command)}'`);
  return chart;
};

/** The next timer, by the kernel's own rule: it may be asked for too early, and a guard may hold it. */
const dueTimer = (chart: Chart<unknown, Fact>, state: ChartState<unknown>, at: number): readonly Fact[] => {
  const next = nextTimer(state);
  if (next === undefined) return [];
  const elapsed = decideTimer({ type: 'ElapseTimer', ...next, timer: next.key }, state, at);
  return elapsed.filter((fact) => chart.step(state, fact, at) !== undefined);
};
