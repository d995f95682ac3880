import type { Probe } from '../../domain/ports/probes.ts';
import { commandProbe } from './commandProbe.ts';
import { httpProbe } from './httpProbe.ts';
import { tcpProbe } from './tcpProbe.ts';

/** Asks the real world, each kind in its own way. */
export const realProbe: Probe = (target, timeoutMs) => {
  switch (target.kind) {
    case 'http':
      return httpProbe(target, timeoutMs);
    case 'tcp':
      return tcpProbe(target, timeoutMs);
    case 'command':
      return commandProbe(target, timeoutMs);
  }
};
