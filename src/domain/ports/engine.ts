import type { Either } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { StrategyProblems } from '../app/definition/parse.ts';
import type { GateReading } from '../gate/gate.facts.ts';
import type { Verdict } from '../gate/judge.ts';
import type { Owed } from '../kernel/chart/state.ts';
import type { Command } from '../kernel/decider.ts';
import type { Principal, StreamName, Uuid } from '../kernel/ids.ts';
import type { Clock, EventLog, Ids, StoredFact } from '../kernel/ports.ts';
import type { Fact, Recorded } from '../kernel/recorded.ts';
import type { Refusal } from '../kernel/refusal.ts';
import type { Instant } from '../kernel/units.ts';
import type { RuntimeEndpoint } from '../node/node.facts.ts';
import type { HostFault, HostOffer, HostRuntime } from './hosts.ts';
import type { Intent, Preview } from './preview.ts';
import type { Traffic } from './traffic.ts';
import type { Views } from './views.ts';

/** An outside command: who asked for what, as it came. Recorded once as the root of all that follows. */
export type Request = {
  readonly id: Uuid;
  readonly by: Principal;
  /** As parsed from outside; stored sealed. */
  readonly body: unknown;
  /** W3C Trace Context. */
  readonly traceparent?: string;
};

export type Accepted = {
  /** Facts that the command led to; none when it was already so. */
  readonly facts: readonly Recorded[];
  /** Position of the last of them, or of the log when there is none: what a read asks for with `minPosition`. */
  readonly position: number;
};

/** Result of the probes of one instance: live only, never recorded except for what it changes. */
export type HealthResult = {
  /** Which of the definition's health checks it is of. */
  readonly check: number;
  readonly alive: boolean;
  readonly consecutiveFailures: number;
  readonly firstSuccess?: Instant;
  readonly lastSuccess?: Instant;
  readonly lastFailure?: Instant;
  readonly lastFailureCause?: string;
};
export type ReadinessResult = {
  readonly name: string;
  readonly ready: boolean;
  readonly lastResponse?: { readonly status: number; readonly contentType: string; readonly body: string };
};

/** Why a node does not take an instance: what is free there, and every filter that it fails, with its numbers. Live only. */
export type NodeRefusal = {
  readonly node: string;
  readonly free: { readonly cpus: number; readonly mem: number; readonly disk: number; readonly gpus: number };
  readonly failed: readonly { readonly filter: string; readonly reason: string; readonly because: string }[];
};

/** Last answer of an app's informational `check`: live only, nothing follows from it. Its inner part is empty until there was one. */
export type CheckResult =
  | { readonly http: { readonly statusCode?: number } }
  | { readonly tcp: { readonly succeeded?: boolean } }
  | { readonly command: { readonly exitCode?: number } };

/** One gate of a deployment that is measured now: live only, recorded when all of them pass or one fails. */
export type GateState = Verdict & { readonly gate: string /** The newest; oldest first. */; readonly readings: readonly GateReading[] };

/** The engine as the HTTP adapter (and whoever else asks from outside) sees it. */
export type Engine = {
  readonly views: Views;
  readonly log: Pick<EventLog, 'readStream' | 'readAll' | 'head' | 'subscribe'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly startedAt: Instant;
  /** As which leader it writes; 0: it leads not, and writes nothing. */
  readonly term: number;
  /** Decides and commits one command on one stream; resolves when durable, or with why not. */
  submit(stream: StreamName, command: Command, request: Request): Promise<Either<Refusal, Accepted>>;
  /** Decides and commits what must stand before the command of a request can be asked, such as a taken id; no root of its own. */
  precede(stream: StreamName, command: Command, request: Request): Promise<Either<Refusal, Accepted>>;
  /** Records a refusal that was decided before any stream was asked: a forbidden attempt, a conflict of policy. */
  recordRefusal(stream: StreamName, command: string, request: Request, refusal: Refusal): Promise<void>;
  /** Decodes a stored fact; sensitive fields opened where their key still exists. */
  decode(stored: StoredFact): Recorded<Fact>;
  /** What a stream wants to be true of the world now. Live only. */
  owedBy(stream: StreamName): readonly Owed[];
  host(node: string): HostRuntime | undefined;
  /** Connects to a runtime to see what it offers, without adding it to the pool. */
  probeOffer(endpoint: RuntimeEndpoint): TaskEither<HostFault, HostOffer>;
  /** Absent where nothing leads clients to apps. */
  readonly traffic?: Traffic;
  healthOf(instance: string): readonly HealthResult[];
  readinessOf(instance: string): readonly ReadinessResult[];
  /** undefined where the app has no `check`, or the instance does not run. */
  checkOf(instance: string): CheckResult | undefined;
  /** What the gates of a deployment have read so far; empty when none is measured. */
  readingsOf(deployment: string): readonly GateState[];
  /** Streams whose history does not fold, and why: their actors stand still. */
  quarantined(): ReadonlyMap<StreamName, string>;
  /** Nodes that would not take one more instance of this version of an app. */
  refusalsOf(app: string, version: string): readonly NodeRefusal[];
  /** What changes would do one after the other, if they were asked for now. Nothing is written. */
  preview(intents: readonly Intent[]): Promise<readonly Preview[]>;
  /** What is wrong with how an app is to be deployed: an unknown strategy, parameters that it does not take. */
  readonly strategyProblems: StrategyProblems;
  /** Why the log cannot be written now, if so. */
  logTrouble(): string | undefined;
};
