import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { strategyProblems } from '../../src/domain/deployment/strategies/problems.ts';
import type { Chart } from '../../src/domain/kernel/chart/chart.ts';
import type { ChartState } from '../../src/domain/kernel/chart/state.ts';
import { nextTimer } from '../../src/domain/kernel/chart/state.ts';
import type { Sealer } from '../../src/domain/kernel/codec.ts';
import { type Command, evolve } from '../../src/domain/kernel/decider.ts';
import { ENGINE, type StreamName, streamOf } from '../../src/domain/kernel/ids.ts';
import type { StoredFact, WireFact } from '../../src/domain/kernel/ports.ts';
import type { Fact, Recorded } from '../../src/domain/kernel/recorded.ts';
import type { Refusal } from '../../src/domain/kernel/refusal.ts';
import type { RuntimeEndpoint } from '../../src/domain/node/node.facts.ts';
import { nounOfStream } from '../../src/domain/nouns.ts';
import type {
  Accepted,
  CheckResult,
  Engine,
  GateState,
  HealthResult,
  NodeRefusal,
  ReadinessResult,
  Request,
} from '../../src/domain/ports/engine.ts';
import type { HostFault, HostOffer, HostRuntime } from '../../src/domain/ports/hosts.ts';
import { createViews } from '../../src/projections/views.ts';
import { type MemoryLog, memoryLog } from './memoryLog.ts';
import { uuidOf } from './wireFacts.ts';

/** 2030-01-01T00:00:00Z */
export const START = 1_893_456_000_000;

/** Base64 stands for ciphertext: enough to see that something was sealed, and to open it again. */
const sealer: Sealer = {
  seal: (subject, plain) => ({ $sealed: Buffer.from(plain).toString('base64'), key: subject }),
  open: ({ $sealed }) => Buffer.from($sealed, 'base64').toString(),
};

export type FakeEngine = Engine & {
  readonly memory: MemoryLog;
  /** A command of the engine's own, as its actors would send it; nothing is recorded of a request. */
  act(stream: StreamName, command: Command): Promise<readonly Recorded[]>;
  /** Moves the clock that facts are dated by. */
  advance(ms: number): void;
  readonly requests: Request[];
  readonly health: Map<string, readonly HealthResult[]>;
  readonly readiness: Map<string, readonly ReadinessResult[]>;
  readonly checks: Map<string, CheckResult>;
  readonly gates: Map<string, readonly GateState[]>;
  readonly hosts: Map<string, HostRuntime>;
  offer: TaskEither<HostFault, HostOffer>;
  refusals: readonly NodeRefusal[];
  trouble: string | undefined;
  /** While set, the views do not read on. */
  lagging: boolean;
};

/** The engine without actors: the nouns' own deciders and charts over a log in memory, and the real views. */
export const fakeEngine = async (): Promise<FakeEngine> => {
  const memory = memoryLog();
  const views = createViews();
  let now = START;
  let ids = 0;
  const held: Recorded[] = [];
  const decode = (stored: StoredFact): Recorded<Fact> => {
    const fact = nounOfStream(stored.stream).codec.decode(stored.type, stored.data, sealer);
    return { ...stored, fact } as unknown as Recorded<Fact>;
  };

  const fold = async (
    stream: StreamName,
    command?: Command,
  ): Promise<{ readonly chart: Chart<unknown, Fact>; readonly state: ChartState<unknown> }> => {
    const noun = nounOfStream(stream);
    const history = await memory.readStream(stream);
    const chart = noun.charts[history.at(0)?.meta.chart ?? noun.chartFor(command ?? { type: '' })];
    if (chart === undefined) throw new Error(`no chart for ${stream}`);
    return { chart, state: history.reduce((state, stored) => evolve(chart, state, decode(stored).fact, stored.meta.at), chart.initial()) };
  };

  const commit = async (
    stream: StreamName,
    command: Command,
    root: Pick<Request, 'id' | 'by' | 'traceparent'>,
  ): Promise<Either<Refusal, readonly Recorded[]>> => {
    const noun = nounOfStream(stream);
    const { chart, state: before } = await fold(stream, command);
    const at = Math.max(now, before.at);
    const decision = noun.decide(command, before, at, (fact) => chart.step(before, fact, at) !== undefined);
    if (E.isLeft(decision)) return decision;
    let state = before;
    const wires = decision.right.map((fact): WireFact => {
      state = evolve(chart, state, fact, at);
      const due = nextTimer(state)?.due;
      const owes = chart
        .owed(state)
        .map(({ type }) => type)
        .join();
      const meta = { correlationId: root.id, causationId: root.id, by: root.by, at, term: 1, state: state.value, owes };
      return {
        id: uuidOf(0xf000_0000 + ids++),
        type: noun.codec.wireName(fact.type),
        data: noun.codec.encode(fact, sealer),
        meta: {
          ...meta,
          ...(due !== undefined && { due }),
          ...(state.revision === 0 && { chart: chart.id }),
          ...(root.traceparent !== undefined && { traceparent: root.traceparent }),
        },
      };
    });
    if (wires.length === 0) return E.right([]);
    const appended = await memory.append(stream, before.revision, wires);
    if (E.isLeft(appended)) throw new Error(`append: ${appended.left._tag}`);
    return E.right((wires as StoredFact[]).map(decode));
  };

  const record = async (stream: StreamName, command: string, request: Request, refused: Refusal | undefined): Promise<void> => {
    const outcome = refused === undefined ? { kind: 'accepted' } : { kind: 'refused', code: refused.code, message: refused.message };
    await commit(
      streamOf('request', request.id),
      { type: 'RecordRequest', command, subject: stream, body: request.body, outcome } as Command,
      request,
    );
  };

  const engine: FakeEngine = {
    memory,
    views,
    log: memory,
    clock: {
      now: () => now,
      schedule: (after, callback) => {
        const timer = setTimeout(callback, after);
        return () => clearTimeout(timer);
      },
    },
    ids: { next: () => uuidOf(++ids) },
    startedAt: START,
    term: 1,
    requests: [],
    health: new Map(),
    readiness: new Map(),
    checks: new Map(),
    gates: new Map(),
    hosts: new Map(),
    offer: async () => E.left({ _tag: 'HostUnreachable', message: 'nobody set an offer' }),
    refusals: [],
    trouble: undefined,
    lagging: false,
    precede: async (stream, command, request): Promise<Either<Refusal, Accepted>> =>
      E.map((some: readonly Recorded[]) => ({ facts: some, position: some.at(-1)?.position ?? memory.head() }))(
        await commit(stream, command, request),
      ),
    submit: async (stream, command, request): Promise<Either<Refusal, Accepted>> => {
      engine.requests.push(request);
      const facts = await commit(stream, command, request);
      await record(stream, command.type, request, E.isLeft(facts) ? facts.left : undefined);
      return E.map((some: readonly Recorded[]) => ({ facts: some, position: some.at(-1)?.position ?? memory.head() }))(facts);
    },
    recordRefusal: (stream, command, request, refused) => record(stream, command, request, refused),
    decode,
    host: (node) => engine.hosts.get(node),
    probeOffer: (endpoint: RuntimeEndpoint) =>
      endpoint.kind === 'simulated' ? engine.offer : async () => E.left({ _tag: 'StartRejected', message: `no ${endpoint.kind} here` }),
    healthOf: (instance) => engine.health.get(instance) ?? [],
    readinessOf: (instance) => engine.readiness.get(instance) ?? [],
    preview: async () => [],
    refusalsOf: () => engine.refusals,
    strategyProblems,
    owedBy: () => [],
    checkOf: (instance) => engine.checks.get(instance),
    readingsOf: (deployment) => engine.gates.get(deployment) ?? [],
    logTrouble: () => engine.trouble,
    quarantined: () => new Map(),
    act: async (stream, command) => {
      const facts = await commit(stream, command, { id: uuidOf(++ids), by: ENGINE });
      if (E.isLeft(facts)) throw new Error(`${command.type} was refused: ${facts.left.message}`);
      return facts.right;
    },
    advance: (ms) => {
      now += ms;
    },
  };
  await memory.subscribe(0, (stored) => {
    held.push(...stored.map(decode));
    if (!engine.lagging) views.take(held.splice(0));
  });
  return engine;
};
