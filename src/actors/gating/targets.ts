import type { GateSpecOf } from '../../domain/gate/gate.facts.ts';
import { phaseOf } from '../../domain/instance/instance.states.ts';
import type { Views } from '../../domain/ports/views.ts';
import { portsOf } from '../probing/ports.ts';

/** Instances that one measuring of a path asks; of more, others each time. */
export const INSTANCES_ASKED_AT_ONCE = 50;

/**
 * Where a path is asked: at each ready instance of a version.
 * @param turn which measuring this is, from 0
 */
export const urlsOf = (
  views: Views,
  app: string,
  version: string,
  { path = '/', scheme, portIndex }: Pick<GateSpecOf<'http'>, 'path' | 'scheme' | 'portIndex'>,
  turn: number,
): readonly string[] => {
  const definition = views.apps.definition(app, version);
  if (definition === undefined) return [];
  const urls = views.instances.ofApp(app).flatMap((row) => {
    const offer = row.node === undefined ? undefined : views.nodes.get(row.node)?.offer;
    if (row.version !== version || phaseOf(row.state) !== 'ready' || offer === undefined) return [];
    const at = portsOf(definition, row.hostPorts, row.ipAddresses)[portIndex];
    if (at?.port === undefined) return [];
    const address = at.address ?? offer.address;
    return [`${scheme}://${address.includes(':') ? `[${address}]` : address}:${at.port}${path}`];
  });
  const from = urls.length > INSTANCES_ASKED_AT_ONCE ? (turn * INSTANCES_ASKED_AT_ONCE) % urls.length : 0;
  return [...urls.slice(from), ...urls.slice(0, from)].slice(0, INSTANCES_ASKED_AT_ONCE);
};
