import { APP, type AppFact } from '../../../domain/app/app.facts.ts';
import { DEPLOYMENT } from '../../../domain/deployment/deployment.facts.ts';
import { GROUP } from '../../../domain/group/group.facts.ts';
import { keyOf, nounOf, streamOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import type { Recorded } from '../../../domain/kernel/recorded.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { REQUEST, type RequestFact } from '../../../domain/request/request.ts';
import type { Caused } from '../../../domain/undo/undo.ts';
import { notFound, Problem } from '../problem.ts';

export type Asked = {
  readonly id: string;
  readonly command: string;
  readonly subject: string;
  readonly by: string;
  readonly body: unknown;
  readonly isRefused: boolean;
};

export const UNDO_PATH = '/v1/undo';
const PAGE = 1_000;

/**
 * The recorded request of an id; also the one that a deployment of that id follows from, or the caller's last that changed an app.
 * @throws Problem 404
 */
export const askedAs = async (engine: Engine, name: string, caller: string): Promise<Asked> => {
  if (name === 'last') return lastOf(engine, caller);
  const own = await requestOf(engine, name);
  if (own !== undefined) return own;
  const row = engine.views.deployments.get(name);
  const streams = [...(row === undefined ? [] : [streamOf(APP, row.app)]), streamOf(DEPLOYMENT, name), streamOf('plan', name)];
  for (const stream of streams) {
    const facts = await engine.log.readStream(stream);
    const cause = nounOf(stream) === APP ? facts.find((stored) => beginsDeployment(engine, stored, name)) : facts.at(0);
    const asked = cause === undefined ? undefined : await requestOf(engine, cause.meta.correlationId);
    if (asked !== undefined) return asked;
  }
  throw notFound(`No request or deployment '${name}' is recorded`);
};

const beginsDeployment = (engine: Engine, stored: StoredFact, deployment: string): boolean => {
  if (!stored.type.startsWith('DeploymentBegan.')) return false;
  return (engine.decode(stored).fact as { readonly deployment?: string }).deployment === deployment;
};

const requestOf = async (engine: Engine, id: string): Promise<Asked | undefined> => {
  const [stored] = await engine.log.readStream(streamOf(REQUEST, id), { max: 1 });
  return stored === undefined ? undefined : askedOf(engine.decode(stored));
};

const askedOf = ({ stream, fact, meta }: Recorded): Asked => {
  const { command, subject, body, outcome } = fact as unknown as RequestFact;
  return { id: keyOf(stream), command, subject, by: meta.by, body, isRefused: outcome.kind === 'refused' };
};

/** Reads the whole log, page by page: it knows nobody's requests apart. */
const lastOf = async (engine: Engine, caller: string): Promise<Asked> => {
  let last: StoredFact | undefined;
  let position = 0;
  for (;;) {
    const page = await engine.log.readAll({ after: position, max: PAGE });
    for (const stored of page) {
      position = stored.position;
      if (!stored.type.startsWith('RequestReceived.') || stored.meta.by !== caller) continue;
      const { subject, outcome } = JSON.parse(stored.data) as { readonly subject: string; readonly outcome: { readonly kind: string } };
      if (outcome.kind === 'accepted' && [APP, GROUP].includes(nounOf(subject))) last = stored;
    }
    if (page.length < PAGE) break;
  }
  if (last === undefined) throw notFound('No change of an app by you is recorded');
  return askedOf(engine.decode(last));
};

/** An app's facts with the requests that they follow from. */
export const causedOf = async (engine: Engine, app: string): Promise<readonly Caused[]> =>
  (await engine.log.readStream(streamOf(APP, app))).map((stored) => ({
    fact: engine.decode(stored).fact as AppFact,
    request: stored.meta.correlationId,
  }));

/** Apps that a request changed. */
export const appsOf = async (engine: Engine, { id, subject }: Asked): Promise<readonly string[]> => {
  if (nounOf(subject) === APP) return [keyOf(subject)];
  const facts = (await engine.log.readStream(subject)).filter(({ meta }) => meta.correlationId === id);
  const named = facts.flatMap((stored) => {
    if (!stored.type.startsWith('MemberChangePlanned.')) return [];
    return [(engine.decode(stored).fact as unknown as { readonly id: string }).id];
  });
  return [...new Set(named)];
};

/** @throws Problem 409 when some later request took it back already */
export const refuseTwice = async (engine: Engine, { id }: Asked, streams: readonly string[]): Promise<void> => {
  const undone = new Set<string>();
  const later: string[] = [];
  for (const stream of streams) for (const { meta } of await engine.log.readStream(stream)) later.push(meta.correlationId);
  // The newest first: an undo that was undone itself counts no more.
  for (const each of [...new Set(later)].reverse()) {
    if (each === id) continue;
    const asked = await requestOf(engine, each);
    const undoes = asked === undefined || asked.isRefused ? undefined : undoneBy(asked);
    if (undoes === undefined || undone.has(each)) continue;
    undone.add(undoes);
    if (undoes === id) throw new Problem(409, { message: `The request ${id} was undone already, by the request ${each}` });
  }
};

export const undoneBy = ({ body }: Pick<Asked, 'body'>): string | undefined => {
  const { url = '', body: said } = (body ?? {}) as { readonly url?: string; readonly body?: { readonly undoes?: string } };
  return url.split('?')[0] === UNDO_PATH ? said?.undoes : undefined;
};
