import { either as E } from 'fp-ts';
import { APP, type AppFact } from '../../domain/app/app.facts.ts';
import { keyOf, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { NoAnswer, Subject, Why } from '../../domain/ports/why.ts';
import { rootOf, type Telling } from './account.ts';
import { chainOf } from './causes.ts';
import { consequencesOf } from './consequences.ts';
import { tellDeployment } from './deployment.ts';
import { tellInstance } from './instance.ts';
import { tellApp, tellFact, tellNode, tellPlan } from './others.ts';
import { readOnce } from './readOnce.ts';
import { dataOf, factsOf, stepOf } from './steps.ts';
import { type Found, subjectCalled } from './subjects.ts';

/** Why a thing is as it was at a position: the fact that answers, what led to it, and what followed. */
export const why = (whole: Past, thing: string, position: number): E.Either<NoAnswer, Why> => {
  const past = readOnce(whole);
  const called = subjectCalled(past, thing, position);
  if (E.isLeft(called)) return called;
  const { subject } = called.right;
  const facts = called.right.fact === undefined ? factsOf(past, subject.stream, position) : [called.right.fact];
  const told = tell(past, called.right, facts, position);
  if (told === undefined) return E.left({ code: 'not-found', message: `What is recorded of '${thing}' does not say` });
  const chain = chainOf(past, told.from ?? told.fact);
  const begun = told.from === undefined || told.from === told.fact ? chain : { ...chain, steps: [stepOf(past, told.fact), ...chain.steps] };
  const { consequences, more } = consequencesOf(past, told.fact, Math.max(position, told.fact.position));
  return E.right({
    thing: subject,
    position,
    question: told.question,
    state: facts.at(-1)?.meta.state ?? '',
    paragraph: [...told.sentences, ...(told.fact.stream.startsWith('request-') ? [] : [rootOf(chain)])],
    chain: begun,
    asides: told.asides ?? [],
    consequences,
    more,
  });
};

const tell = (past: Past, { subject, fact }: Found, facts: readonly Recorded[], position: number): Telling | undefined => {
  if (fact !== undefined) return tellFact(fact);
  switch (subject.kind) {
    case 'instance':
      return tellInstance(past, facts, position);
    case 'deployment':
      return facts.length === 0 ? tellHeld(past, subject, position) : tellDeployment(past, facts, position);
    case 'app':
      return tellApp(facts);
    case 'node':
      return tellNode(facts);
    case 'plan':
      return tellPlan(facts);
    default: {
      const last = facts.at(-1);
      return last === undefined ? undefined : tellFact(last);
    }
  }
};

/** One that has the lock and has not begun: its app alone knows of it. */
const tellHeld = (past: Past, { id }: Subject, position: number): Telling | undefined => {
  const row = past.views(position).deployments.get(id);
  if (row === undefined) return undefined;
  const began = factsOf(past, streamOf(APP, row.app), position).findLast(
    (recorded) => recorded.fact.type === 'DeploymentBegan' && dataOf<AppFact, 'DeploymentBegan'>(recorded).deployment === id,
  );
  if (began === undefined) return undefined;
  const { partOf } = dataOf<AppFact, 'DeploymentBegan'>(began);
  const held = partOf === undefined ? 'It has not begun to move it yet.' : `It waits until plan ${partOf} comes to ${keyOf(began.stream)}.`;
  const told = tellFact(began, 'why does it wait');
  return { ...told, sentences: [...told.sentences, held] };
};
