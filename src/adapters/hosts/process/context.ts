import type { Clock } from '../../../domain/kernel/ports.ts';
import type { HostFault } from '../../../domain/ports/hosts.ts';
import type { Capabilities } from './capabilities.ts';
import type { Hints } from './hints.ts';
import type { Rotation } from './launch.ts';
import type { ShimCalls } from './shimCalls.ts';

/** What the operations of one opened host share. */
export type HostContext = {
  readonly root: string;
  readonly bootId: string;
  readonly capabilities: Capabilities;
  readonly rotation: Rotation;
  readonly hints: Hints;
  readonly shim: ShimCalls;
  readonly now: Clock['now'];
};

export const transient = (message: string): HostFault => ({ _tag: 'Transient', message });

export const unknownInstance = (instance: string): HostFault => ({
  _tag: 'StartRejected',
  message: `there is no instance ${instance} on this host`,
});
