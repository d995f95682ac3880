import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine, NodeRefusal } from '../../../domain/ports/engine.ts';
import type { AppRow, NodeRow } from '../../../domain/ports/views.ts';

/** What each node that does not take the app would offer, in the form of a Mesos offer, and all reasons why it does not do. Looked at now. */
export const unusedOffers = (engine: Engine, { id, target }: AppRow) =>
  engine.refusalsOf(id, target.configVersion).flatMap((refusal) => {
    const node = engine.views.nodes.get(refusal.node);
    if (node === undefined) return [];
    const reason = [...new Set(refusal.failed.map((failed) => failed.reason))];
    const because = refusal.failed.map((failed) => failed.because);
    // `because` is ours: the same with its numbers.
    return [{ offer: offerJson(node, refusal), reason, because, timestamp: isoInstant(engine.clock.now()) }];
  });

const offerJson = ({ id, offer, roles, attributes }: NodeRow, { free }: NodeRefusal) => {
  const role = roles[0] ?? '*';
  return {
    id: `${id}-offer`,
    hostname: offer.address,
    agentId: id,
    resources: [
      ...(['cpus', 'mem', 'disk', 'gpus'] as const).map((name) => ({ name, role, scalar: free[name] })),
      { name: 'ports', role, ranges: offer.portRanges.map(([begin, end]) => ({ begin, end })) },
    ],
    attributes: Object.entries(attributes).map(([name, text]) => ({ name, text })),
  };
};
