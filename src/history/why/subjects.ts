import { either as E } from 'fp-ts';
import { APP } from '../../domain/app/app.facts.ts';
import { absolutePathId, isPathId } from '../../domain/app/definition/pathId.ts';
import { parseInstanceId, parseTaskId } from '../../domain/app/definition/taskIds.ts';
import { DEPLOYMENT } from '../../domain/deployment/deployment.facts.ts';
import { INSTANCE } from '../../domain/instance/instance.facts.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { NODE } from '../../domain/node/node.facts.ts';
import { PLAN } from '../../domain/plan/plan.facts.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { NoAnswer, Subject } from '../../domain/ports/why.ts';
import { REQUEST } from '../../domain/request/request.ts';

/** Ids that a beginning may mean, which an answer names at most. */
const NAMED_MAX = 10;

export type Found = { readonly subject: Subject /** Of a single fact. */; readonly fact?: Recorded };

/** What somebody means by a name, of what there was up to a position. */
export const subjectCalled = (past: Past, name: string, position: number): E.Either<NoAnswer, Found> => {
  const [, digits] = /^#(\d+)$/.exec(name) ?? [];
  if (digits !== undefined) return factAt(past, Number(digits));
  const candidates = name.startsWith('/') ? [streamOf(APP, absolutePathId(name))] : streamsCalled(name);
  for (const stream of candidates) if (past.stream(stream, position).length > 0) return E.right({ subject: subjectOf(stream) });
  const fact = past.withId(name);
  if (fact !== undefined) return E.right({ subject: { ...subjectOf(fact.stream), kind: 'fact', id: String(fact.position) }, fact });
  return calledInPart(past, name, position);
};

const factAt = (past: Past, position: number): E.Either<NoAnswer, Found> => {
  const fact = past.fact(position);
  if (fact === undefined) return E.left({ code: 'not-found', message: `There is no fact that can be read at position ${position}` });
  return E.right({ subject: { kind: 'fact', id: String(position), stream: fact.stream }, fact });
};

const streamsCalled = (name: string): readonly StreamName[] => [
  streamOf(NODE, name),
  streamOf(DEPLOYMENT, name.toLowerCase()),
  streamOf(INSTANCE, instanceIn(name)),
  streamOf(PLAN, name.toLowerCase()),
  streamOf(REQUEST, name.toLowerCase()),
  ...(isPathId(name) ? [streamOf(APP, absolutePathId(name))] : []),
];

/** The bare id within any form of an instance's id. */
export const instanceIn = (name: string): string => (parseTaskId(name)?.uuid ?? parseInstanceId(name)?.uuid ?? name).toLowerCase();

const subjectOf = (stream: StreamName): Subject => ({ kind: nounOf(stream) as Subject['kind'], id: keyOf(stream), stream });

/** The one instance or deployment whose id begins so, of those that the views hold: all that live, and the last that ended. */
const calledInPart = (past: Past, name: string, position: number): E.Either<NoAnswer, Found> => {
  const streams = /^[0-9a-f][0-9a-f-]{2,}$/i.test(name) ? beginningWith(past, name.toLowerCase(), position) : [];
  const [only] = streams;
  if (only === undefined) return E.left({ code: 'not-found', message: `Nothing is recorded of '${name}' up to position ${position}` });
  if (streams.length > 1) {
    const message = `'${name}' may be any of ${streams.length}; give more of it`;
    return E.left({
      code: 'ambiguous',
      message,
      details: streams.slice(0, NAMED_MAX).map((stream) => `${nounOf(stream)} ${keyOf(stream)}`),
    });
  }
  return E.right({ subject: subjectOf(only) });
};

const beginningWith = (past: Past, start: string, position: number): readonly StreamName[] => {
  const { instances, deployments } = past.views(position);
  return [
    ...[...instances.all()].filter(({ id }) => id.startsWith(start)).map(({ id }) => streamOf(INSTANCE, id)),
    ...deployments
      .running()
      .filter(({ id }) => id.startsWith(start))
      .map(({ id }) => streamOf(DEPLOYMENT, id)),
  ];
};
