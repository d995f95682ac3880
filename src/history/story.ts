import { phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Past } from '../domain/ports/past.ts';
import type { Span, Stories, StoryFilter, Subject } from '../domain/ports/story.ts';
import { REQUEST, type RequestFact } from '../domain/request/request.ts';
import { sentenceOf } from '../projections/sentences.ts';
import { merged, type Source } from './merged.ts';
import { groupMembership, groupStreams, planMembership, planStreams } from './ofGroup.ts';
import { subjectCalled } from './subjects.ts';
import { voidsOf } from './voids.ts';

/** Streams of ended instances whose last position is remembered: who turns the pages of a long story passes over them unread. */
const ENDS_KEPT = 500_000;

/** Stories of subjects, told from their own streams; the log is never looked through. */
export const storiesOf = (past: Past): Stories => {
  /** Of streams to which nothing is added any more: their last position. */
  const ends = new Map<StreamName, number>();
  const rememberEnd = (stream: StreamName, facts: readonly Recorded[]): void => {
    const last = facts.at(-1);
    if (last === undefined || nounOf(stream) !== 'instance' || phaseOf(last.meta.state) !== 'ended') return;
    if (ends.size >= ENDS_KEPT) ends.clear();
    ends.set(stream, last.position);
  };

  function* appSources(app: string, { after, upTo }: Span): Generator<Source, void> {
    const asked = requestsOnce(past, upTo);
    for (const stream of past.streamsOf(app, upTo)) {
      if ((ends.get(stream) ?? Number.POSITIVE_INFINITY) <= after) continue;
      const facts = past.stream(stream, upTo);
      rememberEnd(stream, facts);
      yield { facts, inTurn: true };
      yield* asked(stream, facts);
    }
  }

  /** A story that stands in few streams, read as a whole. */
  const within = (streams: readonly StreamName[], belongs: (recorded: Recorded) => boolean, upTo: number): readonly Source[] => {
    const sources = [...new Set(streams)].map((stream) => ({ facts: past.stream(stream, upTo), inTurn: false }));
    const facts = [...merged(sources)].filter(belongs);
    return [{ facts, inTurn: false }, ...requestsOnce(past, upTo)('', facts)];
  };

  const sourcesOf = (subject: Subject, span: Span): Iterable<Source> => {
    const { upTo } = span;
    switch (subject.kind) {
      case 'app':
        return appSources(subject.app, span);
      case 'group':
        return within(groupStreams(past, subject.group, upTo), groupMembership(subject.group), upTo);
      case 'plan': {
        const plan = keyOf(subject.stream);
        return within(planStreams(past, plan, upTo), planMembership(plan), upTo);
      }
      case 'request': {
        const own = past.stream(subject.stream, upTo);
        const led = past.causedBy(keyOf(subject.stream), upTo).filter(({ stream }) => stream !== subject.stream);
        return [own, led].map((facts) => ({ facts, inTurn: false }));
      }
      case 'other':
        return [past.stream(subject.stream, upTo), past.requestsFor(subject.stream, upTo)].map((facts) => ({ facts, inTurn: false }));
    }
  };

  function* told(subject: Subject, span: Span, filter: StoryFilter): Generator<Recorded, void> {
    for (const recorded of merged(sourcesOf(subject, span)))
      if (recorded.position > span.after && recorded.position <= span.upTo && matches(recorded, filter)) yield recorded;
  }

  return {
    find: (name) => subjectCalled(past, name),
    page: (subject, span, filter, limit) => {
      const facts: Recorded[] = [];
      if (limit === 0) return { facts };
      for (const recorded of told(subject, span, filter)) {
        if (facts.length === limit) return { facts, next: facts.at(-1)?.position ?? span.after };
        facts.push(recorded);
      }
      return { facts };
    },
    last: (subject, span, filter, count) => {
      let facts: Recorded[] = [];
      for (const recorded of told(subject, span, filter)) {
        facts.push(recorded);
        if (facts.length >= 2 * count + 1) facts = facts.slice(-count);
      }
      return count === 0 ? [] : facts.slice(-count);
    },
    voids: () => voidsOf(past),
    follow: (subject, filter) => {
      const belongs = membershipOf(past, subject);
      return (recorded) => belongs(recorded) && matches(recorded, filter);
    },
  };
};

const matches = (recorded: Recorded, { types, nouns, by, grep }: StoryFilter): boolean =>
  (types.length === 0 || types.includes(recorded.fact.type)) &&
  (nouns.length === 0 || nouns.includes(nounOf(recorded.stream))) &&
  (by === undefined || recorded.meta.by === by) &&
  (grep === undefined || sentenceOf(recorded).toLowerCase().includes(grep.toLowerCase()));

/** Requests that a stream's facts go back to, and those that were meant for it and refused; each of them once. */
const requestsOnce = (past: Past, upTo: number) => {
  const seen = new Set<StreamName>();
  const unseen = (recorded: Recorded): boolean => {
    if (seen.has(recorded.stream)) return false;
    seen.add(recorded.stream);
    return true;
  };
  return (stream: StreamName, facts: readonly Recorded[]): readonly Source[] => {
    const roots = [...new Set(facts.map(({ meta }) => streamOf(REQUEST, meta.correlationId)))].filter((root) => !seen.has(root));
    const found = [
      ...roots.flatMap((root) => {
        const asked = past.stream(root, upTo);
        // Nothing is there for what a host told or the engine did of its own; it is not looked for again.
        seen.add(root);
        return asked;
      }),
      ...(stream === '' ? [] : past.requestsFor(stream, upTo).filter(unseen)),
    ];
    return found.map((request) => ({ facts: [request], inTurn: false }));
  };
};

/** Which facts behind the head belong to a story, learnt as they come. */
const membershipOf = (past: Past, subject: Subject): ((recorded: Recorded) => boolean) => {
  const head = past.head();
  const asksFor = (streams: ReadonlySet<StreamName>, { fact }: Recorded): boolean =>
    fact.type === 'RequestReceived' && streams.has((fact as RequestFact).subject);
  if (subject.kind === 'app') {
    const streams = new Set(past.streamsOf(subject.app));
    return (recorded) => {
      const { stream, fact } = recorded;
      if (
        (fact.type === 'InstanceRequested' || fact.type === 'DeploymentStarted') &&
        (fact as { readonly app?: string }).app === subject.app
      )
        streams.add(stream);
      return streams.has(stream) || asksFor(streams, recorded);
    };
  }
  if (subject.kind === 'group' || subject.kind === 'plan') {
    const plan = keyOf(subject.stream);
    const [streams, belongs] =
      subject.kind === 'group'
        ? [groupStreams(past, subject.group, head), groupMembership(subject.group)]
        : [planStreams(past, plan, head), planMembership(plan)];
    for (const known of merged(streams.map((stream) => ({ facts: past.stream(stream, head), inTurn: false })))) belongs(known);
    return belongs;
  }
  const own = new Set([subject.stream]);
  return (recorded) =>
    recorded.stream === subject.stream ||
    asksFor(own, recorded) ||
    (subject.kind === 'request' && recorded.meta.causationId === keyOf(subject.stream));
};
