import type { RunSpec } from '../ports/hosts.ts';
import type { AppDefinition } from './definition/definition.ts';
import { type Placed, runSpecOf } from './definition/runSpec.ts';
import { isPod } from './pod/pod.ts';
import { podSpecOf } from './pod/podSpec.ts';

/** All that a host needs to start an instance, be it of an app or of a pod. */
export const instanceSpecOf = (definition: AppDefinition, placed: Placed): RunSpec =>
  isPod(definition) ? podSpecOf(definition, placed) : runSpecOf(definition, placed);
