import type { AppFact } from '../../domain/app/app.facts.ts';
import type { DeploymentFact } from '../../domain/deployment/deployment.facts.ts';
import type { Command } from '../../domain/kernel/decider.ts';
import { keyOf, nounOf, type Principal, type StreamName } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { NodeFact } from '../../domain/node/node.facts.ts';
import type { RequestFact } from '../../domain/request/request.ts';
import type { Beginning } from './beginning.ts';
import { commandOf } from './commandOf.ts';
import { type Lives, livesIn } from './lives.ts';

/** An outside request as it can be made again: over the API as it came, or as the command that its facts show it to have been. */
export type RecordedRequest = {
  readonly id: string;
  readonly at: Instant;
  readonly position: number;
  readonly by: Principal;
  readonly command: string;
  readonly subject: StreamName;
  readonly isAccepted: boolean;
  readonly ask?: { readonly method: string; readonly url: string; readonly body?: unknown };
  readonly direct?: Command;
  /** Of the deployment that it began. */
  readonly deployment?: string;
};

/** What a host did, as a whole: lost from sight, back again, or another size. */
export type HostEvent = { readonly at: Instant; readonly position: number; readonly node: string; readonly fact: NodeFact };

/** An app's own policy asked for another number. */
export type Scaling = {
  readonly at: Instant;
  readonly position: number;
  readonly app: string;
  readonly fact: Extract<AppFact, { type: 'AutoscaleDecided' }>;
  readonly deployment: string;
};

/** What a deployment's gates said, so long after they were first asked. */
export type Verdict = { readonly afterMs: Millis; readonly fact: Extract<DeploymentFact, { type: 'GatesPassed' | 'GateFailed' }> };

/** All that came from outside in a span of the past: what is played again in a sandbox. */
export type Script = {
  readonly requests: readonly RecordedRequest[];
  readonly hosts: readonly HostEvent[];
  readonly scalings: readonly Scaling[];
  readonly verdicts: ReadonlyMap<string, readonly Verdict[]>;
  readonly lives: Lives;
};

const BY_HOSTS: ReadonlySet<string> = new Set(['NodeBecameUnreachable', 'NodeReturned', 'NodeBecameFlapping', 'NodeOfferChanged']);

/** @param before as it stood when the span began */
export const scriptOf = (facts: readonly Recorded[], before: Pick<Beginning, 'instances'>): Script => {
  const roots = new Map<string, Recorded<RequestFact>>();
  for (const recorded of facts)
    if (nounOf(recorded.stream) === 'request') roots.set(keyOf(recorded.stream), recorded as Recorded<RequestFact>);
  const led = new Map<string, Recorded[]>();
  const hosts: HostEvent[] = [];
  const scalings: Scaling[] = [];
  const verdicts = new Map<string, Verdict[]>();
  const gatedSince = new Map<string, Instant>();
  for (const recorded of facts) {
    const { stream, fact, meta, position } = recorded;
    const noun = nounOf(stream);
    if (noun === 'request') continue;
    if (roots.has(meta.causationId)) led.set(meta.causationId, [...(led.get(meta.causationId) ?? []), recorded]);
    else if (noun === 'node' && BY_HOSTS.has(fact.type)) hosts.push({ at: meta.at, position, node: keyOf(stream), fact: fact as NodeFact });
    else if (noun === 'app' && fact.type === 'AutoscaleDecided') {
      const decided = fact as Scaling['fact'];
      scalings.push({ at: meta.at, position, app: keyOf(stream), fact: decided, deployment: recorded.id });
    }
    if (noun !== 'deployment') continue;
    const deployment = keyOf(stream);
    if (fact.type === 'GatesPassed' || fact.type === 'GateFailed') {
      const verdict = { afterMs: meta.at - (gatedSince.get(deployment) ?? meta.at), fact: fact as Verdict['fact'] };
      verdicts.set(deployment, [...(verdicts.get(deployment) ?? []), verdict]);
    }
    if (!meta.owes.split(',').includes('gates')) gatedSince.delete(deployment);
    else if (!gatedSince.has(deployment)) gatedSince.set(deployment, meta.at);
  }
  return {
    requests: [...roots].map(([id, root]) => requestOf(id, root, led.get(id) ?? [])),
    hosts,
    scalings,
    verdicts,
    lives: livesIn(facts, before.instances.all(), (id) => roots.has(id)),
  };
};

const requestOf = (id: string, { fact, meta, position }: Recorded<RequestFact>, led: readonly Recorded[]): RecordedRequest => {
  const { command, subject, body, outcome } = fact;
  const ask = askIn(body);
  const direct = commandOf(command, led);
  const began = led.find(({ fact }) => fact.type === 'DeploymentBegan' || fact.type === 'GroupDeploymentBegan')?.fact as
    | { readonly deployment: string }
    | undefined;
  return {
    id,
    at: meta.at,
    position,
    by: meta.by,
    command,
    subject,
    isAccepted: outcome.kind === 'accepted',
    ...(ask !== undefined && { ask }),
    ...(direct !== undefined && { direct }),
    ...(began !== undefined && { deployment: began.deployment }),
  };
};

/** A body that came over the API holds what was asked, to the letter. */
const askIn = (body: unknown): RecordedRequest['ask'] => {
  if (typeof body !== 'object' || body === null) return undefined;
  const { method, url, body: sent } = body as { readonly method?: unknown; readonly url?: unknown; readonly body?: unknown };
  if (typeof method !== 'string' || typeof url !== 'string' || !url.startsWith('/')) return undefined;
  return { method, url, ...(sent !== undefined && { body: sent }) };
};
