import { either as E } from 'fp-ts';
import type { AppFactOf } from '../../domain/app/app.facts.ts';
import { placementAskOf } from '../../domain/app/definition/ask.ts';
import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import { conduct, isOutdated, type Present, unknownOf, type Wish } from '../../domain/deployment/conduct.ts';
import type { DeploymentCommand } from '../../domain/deployment/deployment.commands.ts';
import { deploymentNoun, sameTallies } from '../../domain/deployment/deployment.decider.ts';
import type { DeploymentFact, Tallies, Weights } from '../../domain/deployment/deployment.facts.ts';
import { chartCalled, type StrategyOf } from '../../domain/deployment/strategies/index.ts';
import { phaseOf } from '../../domain/instance/instance.states.ts';
import type { Owed, TimerElapsed } from '../../domain/kernel/chart/state.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { Ledger } from '../../domain/placement/ledger.ts';
import { place, whyNot } from '../../domain/placement/place.ts';
import { pickToStop } from '../../domain/placement/scaleDown.ts';
import type { Rehearsal, RehearsalStep, Unplaced } from '../../domain/ports/preview.ts';

/** An instance that is there when it begins. */
export type Standing = Present & { readonly node?: string; readonly since?: Instant };

export type Scene = {
  readonly app: string;
  readonly began: AppFactOf<'DeploymentBegan'>;
  readonly there: readonly Standing[];
  /** Definitions by configuration version: of those that are there, and of the new one. */
  readonly definitions: ReadonlyMap<string, AppDefinition>;
  /** An account of the caller's own: it is changed. */
  readonly ledger: Ledger;
  /** Ids of all nodes of the pool. */
  readonly nodes: readonly string[];
  readonly at: Instant;
};

/** Turns after which a rehearsal gives up, where a strategy never ends by itself. */
export const TURNS_MAX = 5_000;

/** Timers that only end what goes wrong. */
const DEADLINES: ReadonlySet<string> = new Set(['deadline', 'approvalDeadline']);

/**
 * Plays a deployment through, without faults, by production's chart, decider, conductor's rule and placement. An instance is ready as
 * soon as it is placed, gates pass, people say yes at once: what is left of time are the waits that the strategy asks for.
 */
export const rehearse = (scene: Scene): Rehearsal => {
  const chart = chartCalled(scene.began.strategy);
  if (chart === undefined) return { steps: [], ends: 'never', waits: [], because: `there is no strategy '${scene.began.strategy}'` };
  return new Play(scene, chart).run();
};

class Play {
  readonly #scene: Scene;
  readonly #chart: StrategyOf;
  readonly #steps: RehearsalStep[] = [];
  readonly #answered = new Set<string>();
  /** Of all that ever found no room at once; those that got it later have `until`. */
  readonly #waits = new Map<string, Unplaced>();
  #state: ReturnType<StrategyOf['initial']>;
  #at: Instant;
  #weights: Weights = {};
  #cast: readonly Standing[];
  #born = 0;

  constructor(scene: Scene, chart: StrategyOf) {
    this.#scene = scene;
    this.#chart = chart;
    this.#cast = scene.there;
    this.#at = scene.at;
    const { type: _, deployment: __, supersedes: ___, partOf: ____, ...rest } = scene.began;
    this.#state = chart.initial();
    this.#tell({ ...rest, type: 'BeginDeployment', app: scene.app });
  }

  run(): Rehearsal {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      const release = this.#owed('release');
      if (release !== undefined) {
        const { outcome, reason } = release.params as { outcome: Rehearsal['ends']; reason?: string };
        this.#note('ends', `ends: ${outcome}`);
        return { steps: this.#steps, ends: outcome, waits: [...this.#waits.values()], ...(reason !== undefined && { because: reason }) };
      }
      if (!(this.#look() || this.#order() || this.#hosts() || this.#answers() || this.#people() || this.#clock() || this.#winner())) break;
    }
    const waits = [...this.#waits.values()];
    const missing = waits.filter(({ until }) => until === undefined).length;
    const because =
      missing > 0 ? `${missing} ${missing === 1 ? 'instance finds' : 'instances find'} no place` : `it stands in '${this.#name()}'`;
    return { steps: this.#steps, ends: 'never', waits, because };
  }

  #look(): boolean {
    const watch = this.#owed('watch');
    const known = watch?.params.tallies as Tallies | undefined;
    const now = this.#tallies();
    return watch !== undefined && (known === undefined || !sameTallies(known, now)) && this.#tell({ type: 'ReportSlots', tallies: now });
  }

  #order(): boolean {
    const [want, watch] = [this.#owed('want'), this.#owed('watch')];
    if (want === undefined) return false;
    const tallies = this.#tallies();
    const known = watch?.params.tallies as Tallies | undefined;
    if (watch !== undefined && isOutdated(known, tallies, Object.keys(this.#scene.began.from).length > 0)) return false;
    const { starts, stops } = conduct<Standing>(want.params as unknown as Wish, {
      tallies,
      pending: () => 0,
      heldBack: () => 0,
      unknown: watch === undefined ? new Set() : unknownOf(known, tallies),
      live: () => this.#cast.filter(({ state }) => isLive(state)),
      forsaken: () => this.#cast.filter(({ state }) => state === 'unreachable.inactive'),
      isAwaited: false,
      pick: (from, most, named) => this.#pick(from, most, named),
    });
    if (starts.length + stops.length === 0) return false;
    const fresh = starts.flatMap(([version, count]) => Array.from({ length: count }, () => this.#comes(version)));
    const leaving = new Set(stops.map(({ row }) => row.id));
    this.#cast = [...this.#cast, ...fresh].map((each) => (leaving.has(each.id) ? { ...each, state: 'draining' } : each));
    this.#place();
    const placed = new Map(this.#cast.map((each) => [each.id, each]));
    this.#note(
      'moves',
      saysOf(
        starts,
        stops.map(({ row }) => row.version),
      ),
      {
        starts: fresh.map(({ id, version }) => {
          const node = placed.get(id)?.node;
          return { instance: id, version, ...(node !== undefined && { node }) };
        }),
        stops: stops.map(({ row: { id, version, node }, reason }) => ({
          instance: id,
          version,
          reason,
          ...(node !== undefined && { node }),
        })),
      },
    );
    return true;
  }

  #hosts(): boolean {
    const isReady = ({ state, node }: Standing): boolean =>
      (phaseOf(state) === 'coming' || state === 'running.checked.settling') && node !== undefined;
    if (this.#cast.some(isReady)) {
      this.#cast = this.#cast.map((each) => (isReady(each) ? { ...each, state: READY } : each));
      return true;
    }
    const gone = this.#cast.filter(({ state }) => phaseOf(state) === 'leaving');
    if (gone.length === 0) return this.#place();
    for (const { id } of gone) this.#scene.ledger.remove(id);
    this.#cast = this.#cast.filter((each) => !gone.includes(each));
    this.#place();
    return true;
  }

  #answers(): boolean {
    const [traffic, hook, gates] = ['traffic', 'hook', 'gates'].map((type) => this.#unanswered(type));
    if (traffic !== undefined) {
      this.#weights = traffic.params.weights as Weights;
      this.#note('traffic', 'sends new requests by these shares');
      return this.#answer(traffic, { type: 'ReportTrafficShifted', weights: this.#weights, answers: traffic.entryRevision });
    }
    if (hook !== undefined) {
      const which = hook.params.hook as 'before' | 'after';
      this.#note('hook', `runs the command ${which} the deployment`);
      return this.#answer(hook, { type: 'ReportHookEnded', hook: which, instance: 'rehearsed', answers: hook.entryRevision });
    }
    if (gates === undefined) return false;
    const names = (gates.params.gates as readonly { readonly name: string }[]).map(({ name }) => name);
    if (names.length > 0) this.#note('gates', `waits for the gates ${names.join(', ')}`);
    return this.#answer(gates, { type: 'ReportGatesPassed', readings: [], answers: gates.entryRevision });
  }

  #people(): boolean {
    const approval = this.#owed('approval');
    if (approval === undefined) return false;
    this.#note('approval', `waits for an approval: ${String(approval.params.question)}`);
    return this.#tell({ type: 'ApproveDeployment' });
  }

  #clock(): boolean {
    const timers = this.#state.active
      .flatMap(({ node, revision, timers }) => timers.map(({ key, due }) => ({ node, revision, key, due })))
      .filter(({ key, due }) => !DEADLINES.has(key) && Number.isFinite(due))
      .sort((a, b) => a.due - b.due);
    for (const { node, revision, key, due } of timers) {
      const fact: TimerElapsed = { type: 'TimerElapsed', node, entryRevision: revision, timer: key };
      const wait = Math.max(0, due - this.#at);
      if (this.#chart.step(this.#state, fact as never, Math.max(this.#at, due)) === undefined) continue;
      if (wait > 0) this.#note('waits', 'waits', { waitMs: wait });
      this.#at += wait;
      this.#fold(fact as never);
      return true;
    }
    return false;
  }

  #winner(): boolean {
    const isChosen = this.#tell({ type: 'ChooseWinner', winner: 'new', reason: 'rehearsed' });
    if (isChosen) this.#note('choice', 'waits until somebody chooses a winner; here the new version');
    return isChosen;
  }

  /** Whoever has no place yet looks for one. */
  #place(): boolean {
    let found = false;
    for (const [version, rows] of Map.groupBy(
      this.#cast.filter(({ state, node }) => node === undefined && phaseOf(state) === 'coming'),
      ({ version }) => version,
    )) {
      const definition = this.#scene.definitions.get(version);
      if (definition === undefined) continue;
      const request = placementAskOf(definition, cohortOf(definition.id, version));
      for (const outcome of place(
        request,
        rows.map(({ id }) => id),
        this.#scene.ledger,
        { seed: this.#born, allOrNone: request.placement?.gang === true },
      )) {
        const known = this.#waits.get(outcome.instance);
        if ('node' in outcome) {
          found = true;
          this.#cast = this.#cast.map((each) => (each.id === outcome.instance ? { ...each, node: outcome.node } : each));
          if (known !== undefined) this.#waits.set(outcome.instance, { ...known, until: this.#name() });
        } else if (known === undefined) {
          const nodes = [...this.#scene.nodes].flatMap((node) => {
            const because = (whyNot(request, this.#scene.ledger, node) ?? []).map((failed) => failed.because);
            return because.length > 0 ? [{ node, because }] : [];
          });
          const { excluded, ...rest } = outcome.unplaceable;
          const counts = Object.fromEntries(Object.entries(excluded).map(([filter, count]) => [filter, count ?? 0]));
          this.#waits.set(outcome.instance, { ...rest, excluded: counts, instance: outcome.instance, version, state: this.#name(), nodes });
        }
      }
    }
    return found;
  }

  #pick(from: readonly Standing[], most: number, named: ReadonlySet<string>): readonly string[] {
    const { ledger, definitions } = this.#scene;
    const rules = definitions.get(from[0]?.version ?? '');
    const candidates = from.map(({ id, state, node, since }) => {
      const at = node === undefined ? undefined : ledger.node(node);
      const phase = phaseOf(state);
      const condition = phase === 'ready' ? 'Running' : phase === 'unseen' ? 'Unreachable' : 'Starting';
      return { instance: id, condition, ...(since !== undefined && { since }), ...(at !== undefined && { node: at }) };
    });
    return pickToStop(
      candidates,
      { constraints: rules?.constraints ?? [], killSelection: rules?.killSelection ?? 'YOUNGEST_FIRST' },
      most,
      named,
    );
  }

  #comes(version: string): Standing {
    this.#born += 1;
    return {
      id: `${this.#scene.app} new ${this.#born}`,
      version,
      slot: 100_000 + this.#born,
      attempt: 1,
      state: 'starting',
      since: this.#at,
    };
  }

  #tallies(): Tallies {
    const tallies: Record<string, { live: number; ready: number; leaving: number; failed: number; unhealthy?: number }> = {};
    for (const { version, state } of this.#cast) {
      const phase = phaseOf(state);
      tallies[version] ??= { live: 0, ready: 0, leaving: 0, failed: 0 };
      const tally = tallies[version];
      if (isLive(state)) tally.live += 1;
      if (phase === 'ready') tally.ready += 1;
      if (phase === 'leaving') tally.leaving += 1;
    }
    return tallies;
  }

  #note(does: RehearsalStep['does'], says: string, more: Partial<RehearsalStep> = {}): void {
    const instances = Object.fromEntries(
      Object.entries(this.#tallies()).map(([version, { live, ready, leaving }]) => [version, { live, ready, leaving }]),
    );
    const held = { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: 0 };
    for (const { version, state } of this.#cast) {
      const definition = this.#scene.definitions.get(version);
      if (definition === undefined || phaseOf(state) === 'ended') continue;
      for (const name of ['cpus', 'mem', 'disk', 'gpus'] as const) held[name] = tidy(held[name] + definition[name]);
      held.ports += placementAskOf(definition).hostPorts.length;
    }
    const elapsedMs = this.#at - this.#scene.at;
    this.#steps.push({ state: this.#name(), elapsedMs, does, says, instances, weights: this.#weights, held, ...more });
  }

  #unanswered(type: string): Owed | undefined {
    const owed = this.#owed(type);
    return owed === undefined || this.#answered.has(keyOf(owed)) ? undefined : owed;
  }

  #answer(owed: Owed, command: DeploymentCommand): boolean {
    this.#answered.add(keyOf(owed));
    this.#tell(command);
    return true;
  }

  #owed(type: string): Owed | undefined {
    return this.#chart.owed(this.#state).find((owed) => owed.type === type);
  }

  #tell(command: DeploymentCommand): boolean {
    const decision = deploymentNoun.decide(
      command,
      this.#state,
      this.#at,
      (fact) => this.#chart.step(this.#state, fact, this.#at) !== undefined,
    );
    if (E.isLeft(decision) || decision.right.length === 0) return false;
    for (const fact of decision.right) this.#fold(fact);
    return true;
  }

  #fold(fact: DeploymentFact): void {
    this.#state = this.#chart.step(this.#state, fact, this.#at) ?? this.#state;
    if (this.#owed('traffic') === undefined) this.#weights = {};
  }

  #name(): string {
    return this.#state.value.replace(/^active\./, '');
  }
}

const READY = 'running.unchecked';
const LIVE: ReadonlySet<string> = new Set(['coming', 'ready', 'up', 'unseen']);
const isLive = (state: string): boolean => LIVE.has(phaseOf(state));
const keyOf = ({ type, entryRevision, params }: Owed): string => `${type}@${entryRevision} ${JSON.stringify(params)}`;
/** As the scheduler counts together. */
const cohortOf = (app: string, version: string): string => `${app} ${version}`;
const tidy = (amount: number): number => Math.round(amount * 1000) / 1000;

const saysOf = (starts: readonly (readonly [string, number])[], stops: readonly string[]): string =>
  [
    ...starts.map(([version, count]) => `starts ${count} of ${version}`),
    ...[...Map.groupBy(stops, (version) => version)].map(([version, all]) => `stops ${all.length} of ${version}`),
  ].join(', ');
