import { either as E } from 'fp-ts';
import type { AppContext } from '../../domain/app/app.chart.ts';
import { appNoun } from '../../domain/app/app.decider.ts';
import { APP, type AppFact, type AppFactOf } from '../../domain/app/app.facts.ts';
import { diffOf } from '../../domain/app/definition/change.ts';
import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import { hostPortsWanted } from '../../domain/app/definition/ports.ts';
import { isConfigChange, type RestartRule } from '../../domain/app/definition/restarts.ts';
import { chartCalled, strategyCalled } from '../../domain/deployment/strategies/index.ts';
import type { ChartState } from '../../domain/kernel/chart/state.ts';
import type { Sealer } from '../../domain/kernel/codec.ts';
import type { Noun } from '../../domain/kernel/decider.ts';
import { streamOf } from '../../domain/kernel/ids.ts';
import type { Clock, EventLog } from '../../domain/kernel/ports.ts';
import { learnApp } from '../../domain/placement/account.ts';
import { Ledger } from '../../domain/placement/ledger.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import type { Held, Intent, Preview, Rehearsal } from '../../domain/ports/preview.ts';
import type { Views } from '../../domain/ports/views.ts';
import { liveOf } from '../crossing.ts';
import { foldStream } from '../folded.ts';
import { rehearse } from './rehearse.ts';

type Ports = {
  readonly views: Views;
  readonly log: Pick<EventLog, 'readStream'>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** The scheduler's own account; it is read. */
  readonly ledger: Ledger;
};

/** Asks production's own decider what a change would lead to, and rehearses the deployment that it would begin. */
export const previewer =
  ({ views, log, sealer, clock, ledger }: Ports): Engine['preview'] =>
  async (intents) => {
    const states: ChartState<AppContext>[] = [];
    for (const { app } of intents) {
      const folded = foldStream(appNoun as unknown as Noun, await log.readStream(streamOf(APP, app)), sealer);
      states.push((folded?.state ?? appNoun.charts['app.v1']?.initial()) as ChartState<AppContext>);
    }
    // From here on nothing is waited for: all of it is one moment.
    const own = copyOf(ledger, views);
    return intents.map((intent, nth) => previewOf(intent, states[nth] as ChartState<AppContext>, views, own, clock.now()));
  };

const previewOf = ({ app, command }: Intent, state: ChartState<AppContext>, views: Views, ledger: Ledger, at: number): Preview => {
  const there = state.context.definition;
  const wanted = command.type === 'DeployApp' ? command.definition : command.type === 'DestroyApp' ? undefined : there;
  const rule = command.type === 'DeployApp' ? command.restart : undefined;
  const diff = differences(there, wanted, rule);
  const free = freeOf(ledger, views);
  const rows = views.instances.ofApp(app);
  const standing = rows.map(({ id, version, slot, attempt, state, node, startedAt, requestedAt }) => ({
    id,
    version,
    slot,
    attempt,
    state,
    since: startedAt ?? requestedAt,
    ...(node !== undefined && { node }),
  }));
  const nothing: Omit<Preview, 'does'> = {
    app,
    diff,
    replaces: false,
    steps: [],
    free,
    held: { before: NOTHING, most: NOTHING },
    waits: [],
    problems: [],
    remarks: [],
  };
  const accepts = (fact: AppFact): boolean => appNoun.charts['app.v1']?.step(state, fact, at) !== undefined;
  const decision = appNoun.decide(command, state, at, accepts);
  if (E.isLeft(decision)) return { ...nothing, does: 'is refused', problems: [whyRefused(decision.left)] };
  const began = decision.right.find((fact) => fact.type === 'DeploymentBegan');
  const added = decision.right.find((fact) => fact.type === 'AppVersionAdded');
  if (began === undefined)
    return added === undefined
      ? { ...nothing, does: 'nothing', remarks: ['what is asked for is there already, or on its way'] }
      : { ...nothing, does: 'joins', remarks: ['the deployment that runs goes on to the new target'] };
  const definitions = new Map<string, AppDefinition>();
  const versions = [...Object.keys(began.from), ...standing.map(({ version }) => version)];
  for (const version of versions) {
    const definition = views.apps.definition(app, version);
    if (definition !== undefined) definitions.set(version, definition);
  }
  if (added !== undefined) definitions.set(added.configVersion, added.definition);
  const live = liveOf(views.instances.tallies(app));
  const none = Object.fromEntries(Object.keys(live).map((version) => [version, 0]));
  const from = began.supersedes === undefined ? { ...none, ...began.from } : live;
  const before = heldBy(standing, definitions);
  const nodes = [...views.nodes.all()].map(({ id }) => id);
  const played = rehearse({ app, began: { ...began, from }, there: standing, definitions, ledger, nodes, at });
  return {
    ...nothing,
    does: wanted === undefined ? 'removes' : there === undefined ? 'creates' : command.type === 'RestartApp' ? 'restarts' : 'changes',
    replaces: began.to !== undefined && standing.some(({ version }) => version !== began.to?.configVersion),
    deployment: strategyOf(began),
    steps: played.steps,
    held: { before, most: mostOf([before, ...played.steps.map(({ held }) => held)]) },
    waits: played.waits,
    problems: problemsOf(played),
    remarks: remarksOf(played, began),
  };
};

const whyRefused = ({ message, details }: { readonly message: string; readonly details?: unknown }): string => {
  const { deployments } = (details ?? {}) as { readonly deployments?: readonly { readonly id: string }[] };
  return deployments === undefined ? message : `${message} (${deployments.map(({ id }) => id).join(', ')})`;
};

/** Each field that differs, with whether a change of it alone replaces the instances. */
const differences = (
  there: AppDefinition | undefined,
  wanted: AppDefinition | undefined,
  rule: RestartRule | undefined,
): Preview['diff'] =>
  there === undefined || wanted === undefined
    ? []
    : diffOf(there, wanted).map((change) => ({
        ...change,
        replaces: isConfigChange(there, { ...there, [change.field]: change.to } as AppDefinition, rule),
      }));

const strategyOf = (began: AppFactOf<'DeploymentBegan'>): NonNullable<Preview['deployment']> => {
  const { strategy, policy, minimumHealthCapacity, maximumOverCapacity, from, to, supersedes } = began;
  const read = strategyCalled(strategy)?.parameters?.safeParse(policy?.parameters ?? {});
  return {
    strategy: chartCalled(strategy)?.id ?? strategy,
    parameters: (read?.success === true ? read.data : {}) as Readonly<Record<string, unknown>>,
    ...(policy !== undefined && { policy }),
    minimumHealthCapacity,
    maximumOverCapacity,
    from,
    ...(to !== undefined && { to }),
    ...(supersedes !== undefined && { supersedes }),
  };
};

const problemsOf = ({ ends, because, waits }: Rehearsal): readonly string[] => {
  if (ends === 'succeeded') return [];
  const lost = waits.filter(({ until }) => until === undefined);
  const [first] = lost;
  const nodes = first?.nodes.map(({ node, because: why }) => `${node}: ${why.join('; ')}`) ?? [];
  if (first !== undefined && first.considered === 0) nodes.push('no node takes instances');
  return [`it does not succeed: ${because ?? ends}`, ...nodes];
};

const remarksOf = ({ waits }: Rehearsal, { supersedes }: AppFactOf<'DeploymentBegan'>): readonly string[] => {
  const late = waits.filter(({ until }) => until !== undefined).length;
  return [
    ...(supersedes === undefined ? [] : [`it takes over from the deployment ${supersedes}`]),
    ...(late === 0 ? [] : [`${late} ${late === 1 ? 'instance has' : 'instances have'} to wait for a place until others have gone`]),
  ];
};

const NOTHING: Held = { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: 0 };
const NAMES = ['cpus', 'mem', 'disk', 'gpus', 'ports'] as const;
const tidy = (amount: number): number => Math.round(amount * 1000) / 1000;
const plus = (a: Held, b: Held): Held => Object.fromEntries(NAMES.map((name) => [name, tidy(a[name] + b[name])])) as unknown as Held;
const mostOf = (all: readonly Held[]): Held =>
  Object.fromEntries(NAMES.map((name) => [name, Math.max(...all.map((each) => each[name]))])) as unknown as Held;

const heldBy = (standing: readonly { readonly version: string }[], definitions: ReadonlyMap<string, AppDefinition>): Held =>
  standing.reduce((sum, { version }) => {
    const definition = definitions.get(version);
    if (definition === undefined) return sum;
    const { cpus, mem, disk, gpus } = definition;
    return plus(sum, { cpus, mem, disk, gpus, ports: hostPortsWanted(definition).length });
  }, NOTHING);

const freeOf = (ledger: Ledger, views: Views): Held =>
  [...views.nodes.all()].reduce((sum, { id }) => {
    const left = ledger.node(id)?.schedulable === true ? ledger.freeOf(id) : undefined;
    return left === undefined ? sum : plus(sum, left);
  }, NOTHING);

/** The scheduler's account as it is now, to try things on. */
const copyOf = (ledger: Ledger, views: Views): Ledger => {
  const copy = new Ledger();
  for (const { id } of views.nodes.all()) {
    const node = ledger.node(id);
    if (node !== undefined) copy.setNode(node);
  }
  for (const { id, definition } of views.apps.all()) learnApp(copy, id, definition);
  for (const { id } of views.instances.all()) {
    const reservation = ledger.reservation(id);
    if (reservation !== undefined) copy.add(reservation);
  }
  return copy;
};
