import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import { keyOf } from '../../src/domain/kernel/ids.ts';
import { fieldOf } from '../../src/domain/placement/node.ts';
import { type Audit, isReserved, type Known, type KnownInstance } from './audit.ts';
import type { Invariant } from './invariants.ts';

/** A rule that came so many facts ago is one that every placement since was decided by. */
const SETTLED_AFTER = 40;

const valueOn = (audit: Audit, node: string | undefined, field: string): string | undefined => {
  const there = audit.nodes.get(node ?? '');
  if (there === undefined) return undefined;
  const { attributes, region, zone } = there.sight;
  return fieldOf(
    {
      id: there.id,
      hostname: there.offer.hostname,
      attributes,
      ...(region !== undefined && { region }),
      ...(zone !== undefined && { zone }),
    },
    field,
  );
};

const isMeant = (rule: string, app: string): boolean => (rule.endsWith('/*') ? app.startsWith(rule.slice(0, -1)) : rule === app);

/** By the rules of the one alone, or of its app's newest definition for others. */
const breaks = (audit: Audit, one: KnownInstance, other: KnownInstance, byNewest: boolean): string | undefined => {
  const newest = audit.newest.get(one.app);
  if (byNewest && (newest === undefined || audit.position - newest.position < SETTLED_AFTER)) return undefined;
  const definition = byNewest ? newest?.definition : audit.newest.get(`${one.app} ${one.version}`)?.definition;
  for (const { app, field, weight } of definition?.placement?.antiAffinity ?? []) {
    if (weight !== undefined || !isMeant(app, other.app)) continue;
    // Of the app itself those of the same version count, and by its own rule alone.
    if (one.app === other.app && (byNewest || one.version !== other.version)) continue;
    const value = valueOn(audit, one.node, field);
    if (value !== undefined && value === valueOn(audit, other.node, field))
      return `${one.app} is apart from ${app} by ${field}, which is ${value}`;
  }
  return undefined;
};

const keptApart: Invariant<Known> = {
  sentence: 'nobody is placed where a rule of his own or of those who are there keeps him apart',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstancePlaced') return undefined;
    const { node } = fact as Extract<InstanceFact, { type: 'InstancePlaced' }>;
    const one = audit.instances.get(keyOf(stored.stream));
    const own = audit.newest.get(one?.app ?? '');
    if (one === undefined || !audit.nodes.has(node)) return undefined;
    for (const { id } of audit.nodes.values())
      for (const other of audit.onNode(id)) {
        if (other.id === one.id || !isReserved(audit, other)) continue;
        const isSettled = own !== undefined && audit.position - own.position >= SETTLED_AFTER;
        const says = (isSettled ? breaks(audit, one, other, false) : undefined) ?? breaks(audit, other, one, true);
        if (says !== undefined) return { subject: stored.stream, says: `${says}, beside ${other.id} of ${other.app}` };
      }
    return undefined;
  },
};

export const placementInvariants: readonly Invariant<Known>[] = [keptApart];
