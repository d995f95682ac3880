import type { AppFact } from '../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import { isBelow } from '../../domain/group/tree.ts';
import type { InstanceFact } from '../../domain/instance/instance.facts.ts';
import { holdsResources } from '../../domain/instance/instance.states.ts';
import { keyOf, nounOf, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { NodeFact } from '../../domain/node/node.facts.ts';
import { compileConstraints } from '../../domain/placement/constraints.ts';
import { fieldOf, type Node } from '../../domain/placement/node.ts';
import { poolNode } from '../../domain/placement/poolNode.ts';
import type { ConstraintRule, LintReport, LintRules, QuotaRule, WouldRefuse } from '../../domain/ports/lint.ts';
import type { Past } from '../../domain/ports/past.ts';
import { REQUEST, type RequestFact } from '../../domain/request/request.ts';
import { apartBy } from './apart.ts';
import { nameOfApart, nameOfConstraint, nameOfQuota } from './rules.ts';

export type LintSpan = {
  readonly from: { readonly position: number; readonly at: Instant };
  readonly to: { readonly position: number; readonly at: Instant };
};

type Sight = Pick<Node, 'id' | 'hostname' | 'region' | 'zone' | 'attributes'>;

/** What rules would have refused of what was asked for and placed in a span, each judged against what was really there then. */
export const lint = (
  past: Pick<Past, 'between' | 'views' | 'stream'>,
  { quotas, constraints, apart }: LintRules,
  span: LintSpan,
): LintReport => {
  const before = past.views(span.from.position);
  const apps = new Map<string, AppDefinition>([...before.apps.all()].map(({ id, definition }) => [id, definition]));
  const definitions = new Map<string, AppDefinition>();
  const nodes = new Map<string, Sight>([...before.nodes.all()].map((row) => [row.id, poolNode(row)]));
  const cohorts = cohortsOf();
  const aparts = apart.map(apartBy);
  const asked = new Map<string, { readonly app: string; readonly version: string }>();
  for (const row of before.instances.all()) {
    asked.set(row.id, row);
    if (row.node !== undefined && holdsResources(row.state)) {
      cohorts.put(row.id, `${row.app} ${row.version}`, row.node);
      for (const each of aparts) each.put(row.id, row, valueOn(nodes.get(row.node), each.rule.field));
    }
  }
  const refusals: WouldRefuse[] = [];
  const byRule: Record<string, number> = {};
  for (const rule of quotas) byRule[nameOfQuota(rule)] = 0;
  for (const rule of constraints) byRule[nameOfConstraint(rule)] = 0;
  for (const rule of apart) byRule[nameOfApart(rule)] = 0;
  let [changes, placements] = [0, 0];
  const refuse = (rule: string, app: string, because: string, { meta }: Recorded): void => {
    byRule[rule] = (byRule[rule] ?? 0) + 1;
    refusals.push({ rule, at: meta.at, ...askerOf(past, meta, span.to.position), app, because });
  };

  for (const recorded of past.between(span.from.position, span.to.position)) {
    const { stream, fact, meta } = recorded;
    const id = keyOf(stream);
    switch (nounOf(stream)) {
      case 'app': {
        const told = fact as AppFact;
        if (told.type === 'AppDestroyed') apps.delete(id);
        if (told.type !== 'AppVersionAdded') break;
        const { definition, reason, configVersion } = told;
        definitions.set(`${id} ${configVersion}`, definition);
        // What goes back is what had been let in before.
        if (reason !== 'rollback') {
          changes += 1;
          for (const rule of quotas) {
            const because = overQuota(rule, apps, definition);
            if (because !== undefined) refuse(nameOfQuota(rule), id, because, recorded);
          }
        }
        apps.set(id, definition);
        break;
      }
      case 'node':
        takeNode(nodes, id, fact as NodeFact);
        break;
      case 'instance': {
        const told = fact as InstanceFact;
        if (told.type === 'InstanceRequested') asked.set(id, told);
        if (told.type === 'InstancePlaced') {
          placements += 1;
          const of = asked.get(id);
          if (of !== undefined) {
            const cohort = `${of.app} ${of.version}`;
            const instances = (definitions.get(cohort) ?? before.apps.definition(of.app, of.version))?.instances ?? 1;
            for (const rule of constraints) {
              if (!holdsFor(rule.group, of.app)) continue;
              const because = brokenBy(rule, instances, nodes, told.node, cohorts.nodesOf(cohort));
              if (because !== undefined) refuse(nameOfConstraint(rule), of.app, because, recorded);
            }
            for (const each of aparts) {
              const value = valueOn(nodes.get(told.node), each.rule.field);
              const because = each.judge(of, value);
              if (because !== undefined) refuse(nameOfApart(each.rule), of.app, because, recorded);
              each.put(id, of, value);
            }
            cohorts.put(id, cohort, told.node);
          }
        }
        if (!holdsResources(meta.state)) {
          cohorts.take(id);
          for (const each of aparts) each.take(id);
        }
      }
    }
  }
  return { from: span.from.at, to: span.to.at, changes, placements, refusals, byRule };
};

const holdsFor = (group: string, app: string): boolean => app === group || isBelow(app, group);

/** Only what asks for more of what there is too much of is refused. */
const overQuota = (rule: QuotaRule, apps: ReadonlyMap<string, AppDefinition>, definition: AppDefinition): string | undefined => {
  if (!holdsFor(rule.group, definition.id)) return undefined;
  const before = apps.get(definition.id);
  for (const amount of ['cpus', 'mem', 'instances'] as const) {
    const limit = rule[amount];
    if (limit === undefined) continue;
    const of = (one: AppDefinition | undefined): number =>
      one === undefined ? 0 : one.instances * (amount === 'instances' ? 1 : one[amount]);
    let sum = of(definition);
    for (const [id, one] of apps) if (id !== definition.id && holdsFor(rule.group, id)) sum += of(one);
    if (of(definition) > of(before) && thousandths(sum) > thousandths(limit))
      return `${thousandths(sum) / 1000} ${amount} would have been wanted, ${limit} allowed`;
  }
  return undefined;
};
const thousandths = (amount: number): number => Math.round(amount * 1000);

const brokenBy = (
  { constraint }: ConstraintRule,
  instances: number,
  nodes: ReadonlyMap<string, Sight>,
  node: string,
  placed: Iterable<string>,
): string | undefined => {
  const [compiled] = compileConstraints([constraint], instances);
  const there = nodes.get(node);
  if (compiled === undefined || there === undefined) return undefined;
  const counts = new Map<string | undefined, number>();
  for (const other of placed) {
    const value = valueOn(nodes.get(other), compiled.field);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const groups = (): number => new Set([...nodes.values()].flatMap((each) => valueOn(each, compiled.field) ?? [])).size;
  const value = valueOn(there, compiled.field);
  if (compiled.allows(value, counts, groups)) return undefined;
  const others = [...nodes.values()].filter((each) => compiled.allows(valueOn(each, compiled.field), counts, groups)).length;
  const why =
    value === undefined
      ? `${node} has no ${compiled.field}`
      : `${compiled.field} of ${node} is ${value}, which held ${counts.get(value) ?? 0} of them`;
  return `${why}; ${others === 0 ? 'no node of the pool would have done' : `${others} of the pool's nodes would have done`}`;
};

const valueOn = (node: Sight | undefined, field: string): string | undefined => (node === undefined ? undefined : fieldOf(node, field));

const takeNode = (nodes: Map<string, Sight>, id: string, fact: NodeFact): void => {
  if (fact.type === 'NodeRemoved') nodes.delete(id);
  if (fact.type !== 'NodeRegistered') return;
  const { offer, attributes, region, zone } = fact;
  nodes.set(id, { id, hostname: offer.hostname, attributes, ...(region !== undefined && { region }), ...(zone !== undefined && { zone }) });
};

/** Which instances of a version of an app are on which node. */
const cohortsOf = () => {
  const members = new Map<string, Map<string, string>>();
  const of = new Map<string, string>();
  return {
    put: (id: string, cohort: string, node: string): void => {
      of.set(id, cohort);
      const known = members.get(cohort) ?? new Map<string, string>();
      members.set(cohort, known.set(id, node));
    },
    take: (id: string): void => {
      const cohort = of.get(id);
      if (cohort === undefined) return;
      of.delete(id);
      const known = members.get(cohort);
      known?.delete(id);
      if (known?.size === 0) members.delete(cohort);
    },
    nodesOf: (cohort: string): Iterable<string> => members.get(cohort)?.values() ?? [],
  };
};

/** The request that all of it goes back to, where there was one. */
const askerOf = (
  past: Pick<Past, 'stream'>,
  { by, correlationId }: Recorded['meta'],
  upTo: number,
): Pick<WouldRefuse, 'by' | 'request' | 'command'> => {
  const root = past.stream(streamOf(REQUEST, correlationId), upTo)[0] as Recorded<RequestFact> | undefined;
  return root === undefined ? { by } : { by: root.meta.by, request: correlationId, command: root.fact.command };
};
