import type { InstanceFact } from './instance.facts.ts';

/** What the states of an instance's chart mean to those who count instances. Readers of facts know states by name only. */
export type InstancePhase =
  /** Asked for, not yet running: waits for its back-off, its place or its host. */
  | 'coming'
  /** Running and serving. */
  | 'ready'
  /** Running, not (or no longer) fit to serve. */
  | 'up'
  /** Running still, on its way out. */
  | 'leaving'
  /** Its node does not answer; still counted. */
  | 'unseen'
  /** Its node has not answered for so long that it is to be replaced, or it is to be stopped once seen again. */
  | 'forsaken'
  | 'ended';

const PHASES: Readonly<Record<string, InstancePhase>> = {
  absent: 'ended',
  waiting: 'coming',
  requested: 'coming',
  nominated: 'coming',
  starting: 'coming',
  'running.unchecked': 'ready',
  'running.checked.settling': 'up',
  'running.checked.ready': 'ready',
  'running.checked.unhealthy': 'up',
  draining: 'leaving',
  stopping: 'leaving',
  'unreachable.held': 'unseen',
  'unreachable.recent': 'unseen',
  'unreachable.inactive': 'forsaken',
  'unreachable.doomed': 'forsaken',
  expunged: 'forsaken',
  cancelled: 'ended',
  failed: 'ended',
  exited: 'ended',
  killed: 'ended',
  lost: 'ended',
};

export const INSTANCE_STATES: readonly string[] = Object.keys(PHASES);

/** @throws Error for a state that this table does not know; a test compares it with the chart. */
export const phaseOf = (state: string): InstancePhase => {
  const phase = PHASES[state];
  if (phase === undefined) throw new Error(`unknown instance state '${state}'`);
  return phase;
};

/** Counts towards what an owner wants of a version. */
export const isLive = (state: string): boolean => {
  const phase = phaseOf(state);
  return phase === 'coming' || phase === 'ready' || phase === 'up' || phase === 'unseen';
};

/** Holds resources on its node: from its placement until it is known to have ended. */
export const holdsResources = (state: string): boolean => phaseOf(state) !== 'ended' && !PLACELESS.has(state) && state !== 'expunged';

/** Live, and nowhere yet. */
export const PLACELESS: ReadonlySet<string> = new Set(['waiting', 'requested', 'nominated']);

/** Ends that count against the launch back-off; a stop on request does not, nor what was gone with its host. */
export const isLaunchFailure = (fact: { readonly type: string }, state: string): boolean =>
  phaseOf(state) === 'ended' && state !== 'killed' && state !== 'cancelled' && state !== 'lost' && FAILURES.has(fact.type);

/** Facts of an instance that did not start, or that ended without having been asked to. */
export const FAILURES: ReadonlySet<string> = new Set<InstanceFact['type']>([
  'ContainerExited',
  'ContainerVanished',
  'ImagePullFailed',
  'ImageMissing',
  'PortTaken',
  'CommandNotFound',
  'ArtifactFetchFailed',
  'StartRejected',
]);

/** Namespace of instance ids (RFC 9562 §5.5): wanting the same slot twice names the same instance. */
export const INSTANCE_NAMESPACE = 'b3a1f0de-5c1e-4b9b-8a52-7d4c0e6f9a11';

/** The name of which an instance's id is the UUID of version 5: nothing but where it stands. */
export const instanceName = (app: string, version: string, slot: number, attempt: number): string => `${app} ${version} ${slot} ${attempt}`;
