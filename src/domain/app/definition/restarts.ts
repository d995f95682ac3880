import { same } from '../../kernel/same.ts';
import { sameRun } from '../pod/sameRun.ts';
import type { GenericCheck, HealthCheck } from './checks.ts';
import type { AppDefinition } from './definition.ts';

/**
 * Which changes replace every instance. `needed`: those that a running instance cannot take up. `marathon`: those of its `isUpgrade`,
 * anything but the number of instances, for whoever relies on a fresh start after each change.
 */
export type RestartRule = 'needed' | 'marathon';

/** What a change of one field does: by both rules, by Marathon's alone, or by neither; or by ours when the values say so. */
type Judgement<K extends keyof AppDefinition> =
  | 'restarts'
  | 'restarts in Marathon'
  | 'never restarts'
  | ((before: AppDefinition[K], after: AppDefinition[K], definition: AppDefinition) => boolean);

/** Every field is judged here: a new one does not compile until it is. */
const JUDGEMENTS: { readonly [K in keyof Required<AppDefinition>]: Judgement<K> } = {
  id: 'never restarts',
  deployment: 'never restarts',
  autoscaling: 'never restarts',
  instances: 'never restarts',
  // The scheduler's business, which reads both anew.
  priority: 'never restarts',
  disruptionBudget: 'never restarts',
  perNode: 'never restarts',
  extras: 'never restarts',
  // Of placements to come alone: whoever stands somewhere stays there.
  placement: 'never restarts',
  // The balancer's business, which no instance sees.
  routes: 'never restarts',
  // Marathon has none of it in `isUpgrade`, and there is no executor process here that it could be given to.
  executorResources: 'never restarts',

  // The engine's own business with the app: read anew at each launch, stop, loss of a node and deployment.
  backoffFactor: 'restarts in Marathon',
  backoffSeconds: 'restarts in Marathon',
  dependencies: 'restarts in Marathon',
  killSelection: 'restarts in Marathon',
  maxLaunchDelaySeconds: 'restarts in Marathon',
  taskKillGracePeriodSeconds: 'restarts in Marathon',
  unreachableStrategy: 'restarts in Marathon',
  upgradeStrategy: 'restarts in Marathon',
  healthChecks: (before, after) => !sameBut(before, after, withoutTiming),
  check: (before, after) => !sameBut([before ?? {}], [after ?? {}], withoutTiming),
  pod: (before, after, definition) => !sameRun(before, after, readsItsLabels(definition)),
  labels: (_before, _after, definition) => readsItsLabels(definition),

  acceptedResourceRoles: 'restarts',
  args: 'restarts',
  cmd: 'restarts',
  constraints: 'restarts',
  container: 'restarts',
  cpus: 'restarts',
  disk: 'restarts',
  env: 'restarts',
  executor: 'restarts',
  fetch: 'restarts',
  gpus: 'restarts',
  mem: 'restarts',
  networks: 'restarts',
  portDefinitions: 'restarts',
  readinessChecks: 'restarts',
  requirePorts: 'restarts',
  residency: 'restarts',
  resourceLimits: 'restarts',
  role: 'restarts',
  secrets: 'restarts',
  tty: 'restarts',
  user: 'restarts',
};

/** Whether going from `before` to `after` replaces every instance. */
export const isConfigChange = (before: AppDefinition, after: AppDefinition, rule: RestartRule = 'needed'): boolean =>
  (Object.keys(JUDGEMENTS) as (keyof AppDefinition)[]).some((field) => restarts(field, before, after, rule));

const restarts = <K extends keyof AppDefinition>(field: K, before: AppDefinition, after: AppDefinition, rule: RestartRule): boolean => {
  if (same(before[field], after[field])) return false;
  const judgement = JUDGEMENTS[field] as Judgement<K>;
  if (judgement === 'never restarts') return false;
  if (judgement === 'restarts' || rule === 'marathon') return true;
  return typeof judgement === 'function' && judgement(before[field], after[field], after);
};

type Timing = 'gracePeriodSeconds' | 'intervalSeconds' | 'timeoutSeconds' | 'maxConsecutiveFailures' | 'delaySeconds';

/** What a check asks and where: all but when, and how often it may fail. */
const withoutTiming = <C extends Partial<HealthCheck> | Partial<GenericCheck>>(check: C): Omit<C, Timing> => {
  const {
    gracePeriodSeconds: _grace,
    intervalSeconds: _interval,
    timeoutSeconds: _timeout,
    maxConsecutiveFailures: _failures,
    delaySeconds: _delay,
    ...asked
  } = check as C & { readonly [K in Timing]?: number };
  return asked as Omit<C, Timing>;
};

const sameBut = <A, B>(before: readonly A[], after: readonly A[], part: (each: A) => B): boolean => same(before.map(part), after.map(part));

/** Whether checks differ in timing alone, so that whoever asks them may go on asking. */
export const sameChecks = <C extends HealthCheck | GenericCheck>(before: readonly C[], after: readonly C[]): boolean =>
  sameBut(before, after, withoutTiming);

const LABELS_IN_ENVIRONMENT = 'MARATHON_APP_LABEL';

/** Whether anything in a definition but the labels themselves names the environment that they are given in. */
const readsItsLabels = ({ labels: _, extras: __, ...definition }: AppDefinition): boolean => mentions(definition, LABELS_IN_ENVIRONMENT);

const mentions = (value: unknown, word: string): boolean => {
  if (typeof value === 'string') return value.includes(word);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, each]) => key.includes(word) || mentions(each, word));
};
