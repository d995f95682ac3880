import { either as E } from 'fp-ts';
import { seededIds } from '../adapters/ids/seededIds.ts';
import { APP } from '../domain/app/app.facts.ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { deploymentPolicy } from '../domain/deployment/policy.facts.ts';
import type { Command } from '../domain/kernel/decider.ts';
import { streamOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Instant } from '../domain/kernel/units.ts';
import { NODE } from '../domain/node/node.facts.ts';
import { type PlacementPolicy, policyInUse } from '../domain/placement/policy.ts';
import type { PastLog } from '../domain/ports/past.ts';
import type { OtherOutcome } from '../domain/ports/whatIf.ts';
import { STRATEGY } from '../domain/strategy/strategy.facts.ts';
import type { HostEvent, RecordedRequest, Scaling, Script } from '../history/whatIf/script.ts';
import type { LoadedStrategy } from '../strategyFiles.ts';
import { type Fork, type ForkOptions, forkAt } from './fork.ts';
import { type Asked, type Outside, outsideOf } from './outside.ts';
import { playedHost } from './playedHost.ts';
import { type Teller, tellerOf } from './told.ts';

/** What is another way than it was. */
export type Changes = {
  readonly policy?: PlacementPolicy;
  /** Of all deployments that replace something: the name of one that the engine knows, or a file's. */
  readonly strategy?: string | LoadedStrategy;
  readonly without?: readonly string[];
  readonly add?: readonly { readonly id: string; readonly like: string }[];
};

/** A span of the past; a position and the instant that it stands for. */
export type Span = {
  readonly from: { readonly position: number; readonly at: Instant };
  readonly to: { readonly position: number; readonly at: Instant };
};

export type PlayOptions = Pick<ForkOptions, 'seed' | 'views'> & {
  readonly changes?: Changes;
  /** Where the search for places stood when the span began. */
  readonly placementSeed?: number;
  /** Told when the sandbox stands at the beginning of the span. */
  readonly onStarted?: () => void;
  /** Told now and then how far it has come, 0 … 1. */
  readonly onProgress?: (share: number) => void;
};

export type Played = {
  readonly facts: readonly Recorded[];
  /** Requests that were not made again, by command. */
  readonly notReplayed: Readonly<Record<string, number>>;
  readonly otherwise: readonly OtherOutcome[];
  /** By request, `accepted` or what it was told. */
  readonly outcomes: ReadonlyMap<string, string>;
  readonly assumed: Readonly<Record<string, number>>;
};

type Cue = { readonly at: Instant; readonly position: number } & (
  | { readonly request: RecordedRequest }
  | { readonly host: HostEvent }
  | { readonly scaling: Scaling }
);

/** Lets a sandbox live through a span again: the same requests at the same instants, the same faults of hosts and instances. @throws Error of a policy that fails */
export const play = async (past: PastLog, script: Script, { from, to }: Span, options: PlayOptions = {}): Promise<Played> => {
  const { seed = 1, changes = {}, placementSeed = 0, views, onProgress, onStarted } = options;
  const policy = changes.policy === undefined ? undefined : policyInUse(changes.policy);
  const fork = await forkAt(past, from.position, {
    seed,
    at: from.at,
    isTold: true,
    profile: { frugal: true },
    ...(views !== undefined && { views }),
    placement: {
      seed: placementSeed,
      ...(policy !== undefined && { score: policy.score, ...(policy.also !== undefined && { also: policy.also }) }),
    },
    around: (node, host, clock) => playedHost(node, host, script.lives, clock),
  });
  const ids = seededIds(seed + 1);
  const teller = await tellerOf(fork, script, ids);
  const outside = outsideOf(fork);
  try {
    const player = new Player(fork, teller, outside, changes);
    await player.prepare();
    onStarted?.();
    const cues: Cue[] = [
      ...script.requests.map((request) => ({ at: request.at, position: request.position, request })),
      ...script.hosts.map((host) => ({ at: host.at, position: host.position, host })),
      ...script.scalings.map((scaling) => ({ at: scaling.at, position: scaling.position, scaling })),
    ].sort((a, b) => a.at - b.at || a.position - b.position);
    for (const [nth, cue] of cues.entries()) {
      if (cue.at > fork.clock.now()) await fork.clock.advanceSettling(cue.at);
      await player.enact(cue);
      await fork.settle();
      if (nth % 100 === 0) onProgress?.((cue.at - from.at) / Math.max(1, to.at - from.at));
    }
    await fork.clock.advanceSettling(to.at);
    await fork.settle();
    onProgress?.(1);
    const trouble = policy?.trouble();
    if (trouble !== undefined) throw new Error(`the policy's ${trouble}`);
    const { notReplayed } = player;
    return { facts: fork.tail(), notReplayed, otherwise: player.otherwise(), outcomes: player.outcomes(), assumed: teller.assumed };
  } finally {
    await outside.close();
    await teller.close();
    await fork.close();
  }
};

class Player {
  readonly fork: Fork;
  readonly teller: Teller;
  readonly outside: Outside;
  readonly changes: Changes;
  readonly notReplayed: Record<string, number> = {};
  readonly #answers = new Map<RecordedRequest, () => string>();
  readonly #without: ReadonlySet<string>;
  readonly #strategy: string | undefined;

  constructor(fork: Fork, teller: Teller, outside: Outside, changes: Changes) {
    this.fork = fork;
    this.teller = teller;
    this.outside = outside;
    this.changes = changes;
    this.#without = new Set(changes.without);
    const { strategy } = changes;
    this.#strategy = typeof strategy === 'string' || strategy === undefined ? strategy : strategy.name;
  }

  /** Other hosts and another strategy are there from the first moment on. */
  async prepare(): Promise<void> {
    const { fork, teller, changes } = this;
    const { nodes } = fork.engine.views;
    for (const { id, like } of changes.add ?? []) {
      const row = nodes.get(like);
      if (row === undefined) throw new Error(`there was no node '${like}' that '${id}' could be like`);
      if (nodes.get(id) !== undefined) throw new Error(`there was a node '${id}' already`);
      const { endpoint, offer, attributes, roles, region, zone, oversubscribe, warnings } = row;
      const command = {
        type: 'RegisterNode',
        endpoint,
        offer: { ...offer, hostname: id, address: id },
        attributes,
        roles,
        warnings,
        ...(region !== undefined && { region }),
        ...(zone !== undefined && { zone }),
        ...(oversubscribe !== undefined && { oversubscribe }),
      };
      await teller.tell(streamOf(NODE, id), command as Command);
    }
    for (const id of this.#without) {
      if (nodes.get(id) === undefined) throw new Error(`there was no node '${id}' in the pool`);
      await teller.tell(streamOf(NODE, id), { type: 'RemoveNode', reason: 'what if it were not there' } as Command);
    }
    const { strategy } = changes;
    if (typeof strategy === 'object') {
      const { spec, name, version, source, sha256, file } = strategy;
      const { id, description } = spec;
      const command = { type: 'RegisterStrategy', id, name, version, description, source, sha256, file, uncheckedBecause: 'what if' };
      await teller.tell(streamOf(STRATEGY, name), command as Command);
    }
    await fork.settle();
  }

  async enact(cue: Cue): Promise<void> {
    if ('request' in cue) await this.#request(cue.request);
    else if ('host' in cue) await this.#host(cue.host);
    else await this.#scale(cue.scaling);
  }

  async #request(request: RecordedRequest): Promise<void> {
    const { subject, command, direct, ask, id, by, deployment } = request;
    if (this.#without.has(subject.slice(NODE.length + 1)) && subject.startsWith(`${NODE}-`)) return;
    // Nodes and strategies come from the record: nobody is asked what a host offers, and no folder is read.
    const isRecordedWhole = command === 'RegisterNode' || command === 'RegisterStrategy';
    if (ask !== undefined && !isRecordedWhole) {
      const made = await this.outside.ask(ask, { id, by, change: this.#changed, ...(deployment !== undefined && { deployment }) });
      this.#answers.set(request, () => outcomeOf(made.answer));
    } else if (direct !== undefined) {
      const answer = this.fork.engine.submit(subject, this.#changed(subject, direct), { id, by, body: { again: id } });
      await this.fork.settle();
      const settled = await answer;
      this.#answers.set(request, () => (E.isRight(settled) ? 'accepted' : settled.left.message));
    } else this.notReplayed[command] = (this.notReplayed[command] ?? 0) + 1;
  }

  /** By request, `accepted` or what it was told, once all of it is over. */
  outcomes(): ReadonlyMap<string, string> {
    return new Map([...this.#answers].map(([{ id }, outcome]) => [id, outcome()]));
  }

  otherwise(): readonly OtherOutcome[] {
    return [...this.#answers].flatMap(([{ id, command, subject, isAccepted }, outcome]) => {
      const now = outcome();
      return (now === 'accepted') === isAccepted
        ? []
        : [{ request: id, command, subject, was: isAccepted ? ('accepted' as const) : ('refused' as const), now }];
    });
  }

  /** A deployment that brings a new version goes by the strategy that is tried. */
  readonly #changed = (_: string, command: Command): Command => {
    if (this.#strategy === undefined || command.type !== 'DeployApp') return command;
    const { definition, reason } = command as unknown as { readonly definition: AppDefinition; readonly reason: string };
    if (reason !== 'change' && reason !== 'create') return command;
    const { before, after, ...policy } = definition.deployment ?? deploymentPolicy.parse({});
    const deployment = {
      ...policy,
      strategy: this.#strategy,
      parameters: {},
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    };
    return { ...command, definition: { ...definition, deployment } } as Command;
  };

  async #host({ node, fact }: HostEvent): Promise<void> {
    if (this.#without.has(node) || this.fork.engine.views.nodes.get(node) === undefined) return;
    const { fork, teller } = this;
    const stream = streamOf(NODE, node);
    if (fact.type === 'NodeBecameUnreachable') {
      fork.controls(node).partition();
      await teller.tell(stream, { type: 'ReportNodeSilent', reason: fact.reason, failures: fact.failures } as Command);
    } else if (fact.type === 'NodeReturned') {
      await teller.tell(stream, { type: 'ReportNodeAnswering' } as Command);
      fork.controls(node).heal();
    } else if (fact.type === 'NodeBecameFlapping') await teller.tell(stream, { ...fact, type: 'ReportNodeFlapping' } as Command);
    else if (fact.type === 'NodeOfferChanged')
      await teller.tell(stream, { type: 'ReportNodeOffer', offer: fact.offer, warnings: fact.warnings } as Command);
  }

  async #scale({ app, fact: { to, because, readings }, deployment }: Scaling): Promise<void> {
    const basedOn = this.fork.engine.views.apps.get(app)?.target.version;
    if (basedOn === undefined) return;
    const command = { type: 'AutoscaleApp', instances: to, because, readings, basedOn, deployment };
    await this.teller.tell(streamOf(APP, app), command as Command);
  }
}

/** Without an answer it waits still, for what was accepted to come about. */
const outcomeOf = (answer: Asked | undefined): string => {
  if (answer === undefined || answer.status < 400) return 'accepted';
  try {
    const { message } = JSON.parse(answer.body) as { readonly message?: unknown };
    return typeof message === 'string' ? message : `status ${answer.status}`;
  } catch {
    return `status ${answer.status}`;
  }
};
