import { either as E } from 'fp-ts';
import type { RunningEngine } from '../actors/engine.ts';
import type { HostRuntime } from '../domain/ports/hosts.ts';
import type { Probe } from '../domain/ports/probes.ts';

const answerTo = (kind: 'http' | 'tcp'): Awaited<ReturnType<Probe>> =>
  kind === 'http' ? { _tag: 'Answered', status: 200, contentType: 'text/plain', body: 'ok' } : { _tag: 'Succeeded' };

/** A port answers while its instance runs on its simulated host. */
export const answeringProbe =
  (engine: () => RunningEngine | undefined, hostOf: (node: string) => HostRuntime): Probe =>
  async (target) => {
    if (target.kind === 'command') return { _tag: 'Succeeded' };
    const views = engine()?.views;
    for (const { id, offer } of views?.nodes.all() ?? []) {
      if (offer.address !== target.address) continue;
      for (const row of views?.instances.onNode(id) ?? []) {
        if (!row.hostPorts.includes(target.port)) continue;
        const seen = await hostOf(id).inspect(row.id)();
        if (E.isRight(seen) && seen.right?.status === 'running') return answerTo(target.kind);
      }
    }
    // A container that is reached at an address of its own.
    for (const { id, node, ipAddresses } of views?.instances.all() ?? []) {
      if (node === undefined || !ipAddresses.includes(target.address)) continue;
      const seen = await hostOf(node).inspect(id)();
      if (E.isRight(seen) && seen.right?.status === 'running') return answerTo(target.kind);
    }
    return { _tag: 'Failed', cause: 'no answer' };
  };
