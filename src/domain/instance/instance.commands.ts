import type { Millis } from '../kernel/units.ts';
import type { HostFault } from '../ports/hosts.ts';
import type { InstanceFact, InstanceFactOf } from './instance.facts.ts';

type DataOf<T extends InstanceFact['type']> = Omit<InstanceFactOf<T>, 'type'>;

/** Faults of a host that end the attempt; the others are tried again. */
export type StartFault = Exclude<HostFault, { _tag: 'HostUnreachable' | 'Transient' }>;

/** An outcome of an owed effect answers exactly one entry of one state node. */
type Answers = { readonly entryRevision: number };

export type InstanceCommand =
  | ({ readonly type: 'RequestInstance' } & DataOf<'InstanceRequested'>)
  | { readonly type: 'ResetLaunchDelay' }
  | ({ readonly type: 'PlaceInstance' } & DataOf<'InstancePlaced'> & Answers)
  | ({ readonly type: 'DeferPlacement' } & DataOf<'PlacementDeferred'> & Answers)
  | ({ readonly type: 'NominateInstance' } & DataOf<'InstanceNominated'> & Answers)
  | ({ readonly type: 'LapseNomination' } & DataOf<'NominationLapsed'> & Answers)
  | ({ readonly type: 'RevokePlacement' } & DataOf<'PlacementRevoked'> & Answers)
  | ({ readonly type: 'ReportContainerStarted' } & DataOf<'ContainerStarted'> & Answers)
  | ({ readonly type: 'ReportStartFailed'; readonly fault: StartFault } & Answers)
  | ({ readonly type: 'ReportContainerExited' } & DataOf<'ContainerExited'>)
  | ({ readonly type: 'ReportPodContainerExited' } & DataOf<'PodContainerExited'>)
  | ({ readonly type: 'ReportContainerGone' } & DataOf<'ContainerVanished'>)
  /** The host runs it, whatever we believed. */
  | ({ readonly type: 'ReportContainerFound'; readonly node: string } & DataOf<'ContainerStarted'>)
  | { readonly type: 'ReportReady' }
  | ({ readonly type: 'ReportUnhealthy' } & DataOf<'InstanceBecameUnhealthy'>)
  | ({ readonly type: 'ReportHealthy' } & DataOf<'InstanceBecameHealthy'>)
  | { readonly type: 'StopInstance'; readonly reason: string; readonly signal: string; readonly drainMs: Millis; readonly graceMs: Millis }
  | ({ readonly type: 'ReportNodeUnreachable' } & DataOf<'InstanceBecameUnreachable'>)
  | ({ readonly type: 'ReportNodeGone' } & DataOf<'InstanceLost'>);
